"""Redis, by its client in Python: lists that are pushed to and popped from, over a Unix socket.

It is what the article that gave the idea starts from.  A private redis-server, or
valkey-server, is started in a private directory: it listens on no port and keeps no file.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial

import kernel
from tests.benchmarks.peers import PATIENCE, SLICE, SUM, missing
from transports._supervisor import Supervisor, die_with_parent

try:
    import redis
except ModuleNotFoundError:
    redis = None

Run = Callable[[int, int], float]


def _program() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def unsupported() -> str | None:
    """Return why there is no Redis here, or None."""
    if reason := missing("redis", "redis"):
        return reason
    return None if _program() else "neither redis-server nor valkey-server is on PATH"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server, and give the path of its socket; it ends, also if this process is killed.

    Raises RuntimeError, with what it printed, if it does not answer.
    """
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = os.path.join(place, "socket")
        options = {
            "port": "0",
            "unixsocket": path,
            "unixsocketperm": "700",
            "save": "",
            "dir": place,
        }
        command = [str(_program())]
        for name, value in options.items():
            command += [f"--{name}", value]
        with open(os.path.join(place, "log"), "w+") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - no threads yet
            )
            try:
                until = time.monotonic() + PATIENCE
                while not _answers(path):
                    if process.poll() is not None or time.monotonic() > until:
                        log.seek(0)
                        raise RuntimeError(f"{command[0]} does not answer: {log.read()[-500:]}")
                    time.sleep(0.001)
                yield path
            finally:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _answers(path: str) -> bool:
    with redis.Redis(unix_socket_path=path) as client:
        try:
            return bool(client.ping())
        except redis.exceptions.ConnectionError:  # it has no socket yet, or loads
            return False


def run(n: int, workers: int) -> float:
    """Sum in new processes, and start the server for it."""
    with served() as ready:
        return ready(n, workers)


@contextlib.contextmanager
def served() -> Iterator[Run]:
    """Give a `run` for which the server is there, and nothing else: as in the article."""
    with server() as path:
        yield partial(_run, path)


def _work_once(path: str, key: str, lo: int, hi: int) -> None:
    with redis.Redis(unix_socket_path=path) as client:
        client.rpush(key, SUM.pack(kernel.partial_sum(lo, hi)))


def _take(client: "redis.Redis", key: str) -> float:
    if (item := client.blpop([key], PATIENCE)) is None:
        raise TimeoutError("no sum has come")
    value: float = SUM.unpack(item[1])[0]
    return value


def _run(path: str, n: int, workers: int) -> float:
    key = "sums:" + secrets.token_hex(8)
    with Supervisor() as supervisor, redis.Redis(unix_socket_path=path) as client:
        for lo, hi in kernel.slices(n, workers):
            supervisor.fork(_work_once, path, key, lo, hi)
        values = [_take(client, key) for _ in range(workers)]
        for _ in supervisor.events(range(workers)):
            pass
    return kernel.combine(values)


def _work(path: str) -> None:
    with redis.Redis(unix_socket_path=path) as client:
        while True:
            if item := client.blpop(["tasks"], 60):
                client.rpush("sums", SUM.pack(kernel.partial_sum(*SLICE.unpack(item[1]))))


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Run]:
    """Give a `run` that pushes slices, which processes that are connected pop."""
    with (
        server() as path,
        Supervisor() as supervisor,
        redis.Redis(unix_socket_path=path) as client,
    ):
        for _ in range(workers):
            supervisor.fork(_work, path)

        def ready(n: int, parts: int) -> float:
            client.rpush("tasks", *(SLICE.pack(*bounds) for bounds in kernel.slices(n, parts)))
            return kernel.combine(_take(client, "sums") for _ in range(parts))

        yield ready
