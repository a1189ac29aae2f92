"""The world of a trial in namespaces of its own: it is made by a zygote, and kept by a keeper.

See `tests.worlds`.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.harness.places import ROOT, SHARED, base_directory, environment, outer_environment
from tests.harness.worlds import PROGRAM, Streams
from tests.system import processes, resources

_ANSWER = 60.0  # seconds: a keeper may wait for a processor
_READ = 65536  # bytes at a time

# What the reference transports share: their callers have it, and those of other modules have not.
REFERENCE_ROOMS = ("transports._channel", "transports._supervisor")

# An interpreter, or what it is linked with, reads these variables when it starts.
_AT_START = ("PYTHON", "LD_", "MALLOC_", "GLIBC_")


class Refused(Exception):  # noqa: N818 - a reason, no error
    """The system gives no namespaces."""


class _Zygote:
    """The process that forks keepers: see `tests.worlds.__main__`."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._owner = os.getpid()
        base = Path(base_directory())
        self.env = environment(base, base)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # A fresh interpreter of a trial has a pipe and a file too: the modules sys and io look at
        # the kind when it starts.
        reader, self._writer = os.pipe()
        with theirs, open(os.path.join(base_directory(), "zygote"), "ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.worlds", str(theirs.fileno()), *modules],
                stdin=reader,
                stdout=output,
                stderr=output,
                cwd=base_directory(),
                env=self.env,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for pytest alone
            )
        os.close(reader)

    def make(self, kept: Sequence[str], control: socket.socket) -> None:
        """Let it fork a keeper for the other end of *control*."""
        try:
            socket.send_fds(self._socket, [json.dumps({"kept": kept}).encode()], [control.fileno()])
        except OSError as error:
            with open(os.path.join(base_directory(), "zygote"), errors="replace") as output:
                raise Refused(f"the zygote has ended: {error}\n{output.read()}") from None

    def close(self) -> None:
        """Let it end."""
        self._socket.close()
        os.close(self._writer)
        if os.getpid() == self._owner:
            self._process.wait()


_zygotes: dict[tuple[str, ...], _Zygote] = {}  # by their modules
_latest: list[dict[str, str]] = [{}]  # the environment that they were started in


def _zygote(modules: tuple[str, ...]) -> _Zygote:
    outer = outer_environment()
    if _latest[0] != outer:
        close_zygotes()
        _latest[0] = outer
    if modules not in _zygotes:
        _zygotes[modules] = _Zygote(modules)
    return _zygotes[modules]


@atexit.register
def close_zygotes() -> None:
    """End the zygotes; the next trial starts another one."""
    while _zygotes:
        _zygotes.popitem()[1].close()


class _Process:
    """A process of a world: see `tests.harness.worlds.Process`."""

    def __init__(self, world: "Apart", pid: int) -> None:
        self._world = world
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it has ended, or None."""
        if self.returncode is None:
            self.returncode = self._world.ended(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return how it has ended, when it has."""
        until = time.monotonic() + (_ANSWER if timeout is None else timeout)
        while (code := self.poll()) is None:
            if (left := until - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or _ANSWER)
            self._world.listen(left)
        return code

    def kill(self) -> None:
        """Send it SIGKILL."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._world.kill(self.pid, signal.SIGKILL)


class Apart:
    """A world in namespaces of its own: see `tests.harness.worlds.World`.

    kept: files and directories of the machine that are to be seen there at their places.
    modules: what callers are to have imported, beside scenarios.

    Raises Refused.
    """

    def __init__(self, kept: Iterable[str], modules: tuple[str, ...] = ()) -> None:
        self._control, theirs = socket.socketpair()
        self._rest = b""
        self._lines: list[dict[str, Any]] = []
        self._ended: dict[int, int] = {}
        self._others: set[int] = set()  # processes that are no part of a trial
        with theirs:
            zygote = _zygote(modules)
            zygote.make(sorted(set(kept)), theirs)
        self._start = _start_of(zygote.env)
        facts: dict[str, Any] = {}
        while not {"keeper", "ready"} <= facts.keys():
            facts |= self._answer()
            if "refused" in facts:
                self.close()
                raise Refused(facts["refused"])
        self.own_proc = f"/proc/{facts['keeper']}/root/proc"

    def listen(self, seconds: float) -> bool:
        """Wait for the keeper, *seconds* at most; tell whether it said something."""
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        if not poller.poll(seconds * 1000):
            return False
        data = self._control.recv(_READ)
        if not data:
            raise RuntimeError("the keeper of a trial has ended")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in map(json.loads, lines):
            if "ended" in line:
                self._ended[line["ended"]] = line["status"]
            else:
                self._lines.append(line)
        return True

    def _answer(self) -> dict[str, Any]:
        while not self._lines:
            if not self.listen(_ANSWER):
                raise RuntimeError("the keeper of a trial does not answer")
        return self._lines.pop(0)

    def _ask(self, fds: Sequence[int] = (), /, **request: Any) -> dict[str, Any]:
        data = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._control, [data], fds)
        self._control.sendall(data[sent:])
        return self._answer()

    def ended(self, pid: int) -> int | None:
        """Return how a process has ended that was started here, or None."""
        while self.listen(0):
            pass
        return self._ended.get(pid)

    def run(
        self, streams: Streams, log: int, stacks: int, directory: str, env: Mapping[str, str]
    ) -> _Process:
        """Start the caller of a trial: a fork of the zygote, unless *env* takes a new start."""
        fds = [*streams, log, stacks]
        place = {"directory": directory, "environment": dict(env)}
        if _start_of(env) == self._start:
            return _Process(self, self._ask(fds, do="run", **place)["pid"])
        arguments = [sys.executable, *PROGRAM, "3", "4"]
        started = self._ask(fds, do="start", arguments=arguments, session=True, **place)
        return _Process(self, started["pid"])

    def start(self, arguments: Sequence[str], streams: Streams) -> _Process:
        """Start a program that is no part of a trial."""
        place = {"directory": str(ROOT), "environment": outer_environment()}
        started = self._ask(streams, do="start", arguments=arguments, session=False, **place)
        self._others.add(started["pid"])
        return _Process(self, started["pid"])

    def kill(self, pid: int, number: int) -> None:
        """Send the signal *number*."""
        if not self._ask(do="kill", pid=pid, signal=int(number))["found"]:
            raise ProcessLookupError(pid)

    def stats(self) -> list[processes.Stat]:
        """Return the processes of the trials."""
        found = (processes.Stat(*fields) for fields in self._ask(do="list")["stats"])
        return [stat for stat in found if stat.pid not in self._others]

    def pids(self) -> list[int]:
        """Return the pids of those that live."""
        return [stat.pid for stat in self.stats() if stat.state not in processes.ENDED]

    def inventory(self, places: Sequence[str]) -> resources.Inventory:
        """Return what exists."""
        found = self._ask(do="inventory", places=places)["found"]
        return {resources.Resource(*fields) for fields in found}

    def state(self, pid: int) -> str:
        """Return the state of a process."""
        return processes.state(pid, self.own_proc)

    def proc(self, pid: int, name: str) -> str:
        """Return the path of a file of /proc/PID."""
        return f"{self.own_proc}/{pid}/{name}"

    def close(self) -> None:
        """Let the keeper end, and with it all others; return when they have ended."""
        with self._control, contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(_ANSWER)
            while self._control.recv(_READ):
                pass


def _start_of(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_AT_START)}


def divide(private: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the places that a trial has for itself, and those of all programs of the machine.

    private: directories that were made for the trial.
    """
    own, shared = list(private), list(SHARED)
    return (own, shared) if refused() else (own + shared, [])


_forbidden: list[str] = []  # reasons of the user's


def forbid(reason: str) -> None:
    """Use no namespaces from now on."""
    _forbidden.append(reason)
    refused.cache_clear()


@cache
def refused() -> str | None:
    """Return why trials have no namespaces of their own here, or None: they have."""
    if _forbidden:
        return _forbidden[0]
    if sys.platform != "linux":
        return f"{sys.platform} has none"
    try:
        world = Apart([str(ROOT), base_directory()], REFERENCE_ROOMS)  # most trials are of these
    except Refused as reason:
        return str(reason)
    world.close()
    return None
