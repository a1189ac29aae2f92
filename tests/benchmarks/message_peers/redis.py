"""Redis, by its client in Python: lists that are pushed to and popped from, over a Unix socket.

The server is that of tests/benchmarks/peers/redis.py, and is there before all channels.
"""

import contextlib
import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.benchmarks.message_peers import END, PATIENCE, Open, Opened, Work, forked, link
from tests.benchmarks.peers import redis as server

try:
    import redis
except ModuleNotFoundError:
    redis = None

_AT_ONCE = 100  # messages


def unsupported() -> str | None:
    """Return why there is no Redis here, or None."""
    return server.unsupported()


def _popped(client: Any, keys: list[str]) -> tuple[bytes, bytes]:
    if (item := client.blpop(keys, PATIENCE)) is None:
        raise TimeoutError("no message has come")
    return item[0], item[1]


def _many(client: Any, keys: list[str]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of a key and a message; take as many at once as there are (BLMPOP)."""
    number = {key.encode(): worker for worker, key in enumerate(keys)}
    single = int(client.info("server")["redis_version"].split(".")[0]) < 7  # it has no BLMPOP
    while True:
        if single:
            key, message = _popped(client, keys)
            yield number[key], message
            continue
        item = client.blmpop(PATIENCE, len(keys), *keys, direction="LEFT", count=_AT_ONCE)
        if item is None:
            raise TimeoutError("no message has come")
        for message in item[1]:
            yield number[item[0]], message


def _work(work: Work, worker: int, path: str, up: str, down: str) -> None:
    with redis.Redis(unix_socket_path=path) as client:
        work(link(worker, lambda data: client.rpush(up, data), lambda: _popped(client, [down])[1]))
        client.rpush(up, END)


@contextlib.contextmanager
def serving() -> Iterator[Open]:
    """Start a server; give the function that opens a channel."""
    with server.server() as path:
        yield partial(channel, path=path)


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False, path: str = "") -> Iterator[Opened]:
    """Name a list for each worker and direction; path: of the server's socket.  Always duplex."""
    token = secrets.token_hex(8)
    ups = [f"{token}:up:{number}" for number in range(workers)]
    downs = [f"{token}:down:{number}" for number in range(workers)]
    with redis.Redis(unix_socket_path=path) as client:
        arguments = [(work, each, path, ups[each], downs[each]) for each in range(workers)]
        with forked(_work, arguments):
            yield Opened(
                workers,
                _many(client, ups).__next__,
                lambda worker, data: client.rpush(downs[worker], data),
            )
