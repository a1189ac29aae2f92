"""What a transport shows to others, and how it bears their strikes: clauses G1 to G6."""

import contextlib
import gc
import json
import os
import random
import resource
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.intruder.__main__ import queues
from tests.intruder.paths import kind_of
from tests.intruder.session import sysv
from tests.scenarios import Log
from tests.scenarios.faults import EXIT, Births
from tests.system import namespaces, resources

DESCRIPTORS = 256  # as many as a modest system gives to a process; a flood holds more

# Calls that last: what comes up meanwhile in a directory that all share is a neighbour's.
_LASTING = {"poll", "select", "waitpid", "waitid", "sleep", "acquire", "wait", "join", "read"}


def _hold(log: Log) -> Callable[[int], None]:
    """Return what stops a child at its birth, and again when it is about to exit."""

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and getattr(arg, "__name__", "") in EXIT:
            sys.setprofile(None)
            log("stopped", stage="exit")
            os.kill(os.getpid(), signal.SIGSTOP)

    def strike(number: int) -> None:
        log("stopped", stage="birth")
        os.kill(os.getpid(), signal.SIGSTOP)
        sys.setprofile(profile)

    return strike


def hold(log: Log, number: int) -> None:
    """Do the same in a child that does not share this memory."""
    _hold(log)(number)


def visited(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run once for each request on standard input, with each child held at birth and exit.

    A request is a line of JSON: {"way": what will be done to it}, and {"seconds": s} to run
    again and again for as long, with no child held.  Where tests.scenarios has left the IPC
    namespace, nobody outside can find what is left in the new one: it is told here.
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    births = Births()
    log.call(module.run, n, workers, warm=True)
    apart = namespaces.apart()
    queued = resources.of_the_namespace() if apart else {}  # first: it keeps a directory open
    before = resources.inside()
    log("warm")
    for line in sys.stdin:
        request = json.loads(line)
        until = time.monotonic() + request.pop("seconds", 0.0)
        if time.monotonic() < until:
            while time.monotonic() < until:
                log.call(module.run, n, workers, **request)
            log("over")
        else:
            births.arm(_hold(log), ["tests.scenarios.exposure:hold"])
            log.call(module.run, n, workers, **request)
            births.arm(None)
    gc.collect()
    log("inside", new=resources.since(before))
    if apart:
        log("inside", new=resources.since(queued, resources.of_the_namespace))


def _descriptors() -> set[int]:
    """Return what this process has open, but for the descriptor of the listing itself."""
    found = set()
    for fd in map(int, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found.add(fd)
    return found


class Names:
    """A profile function that tells each name, mode and address as soon as it is there.

    It looks before every call into C, in the caller and in its children: what one has made is
    there before the next one can change it.
    """

    def __init__(self, log: Log, private: list[str], shared: list[str], queue: Path | None) -> None:
        self._log = log
        self._private = private
        self._shared = shared + ([str(queue)] if queue is not None else [])
        self._queue = str(queue)
        self._old = {place: self._list(place) for place in self._private + self._shared}
        self._ids = {(kind, columns["id"]) for kind, columns in sysv()}
        self._fds = _descriptors()
        self._told: set[Any] = set()
        self._last = ""
        self.round = 0

    def _list(self, place: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(place))
        except OSError:
            return frozenset()

    def _tell(self, what: str, name: str, **facts: Any) -> None:
        key = (what, name, *sorted(facts.items()))
        if key not in self._told:
            self._told.add(key)
            self._log("appeared", what=what, name=name, round=self.round, **facts)

    def __call__(self, frame: FrameType | None, event: str, arg: Any) -> None:
        """Look for what is new."""
        if event != "c_call":
            return
        lasting = self._last in _LASTING
        self._last = getattr(arg, "__name__", "")
        for place in self._private:
            self._walk(place, place)
        for place in self._shared:
            if lasting:
                self._old[place] |= self._list(place)
            else:
                self._walk(place, place)
        for kind, columns in sysv():
            ident = (kind, columns["id"])
            if ident not in self._ids and int(columns["uid"]) == os.getuid():
                mode = int(columns["perms"], 8) & 0o777
                self._tell(kind, columns["key"], mode=mode, place="System V")
        for fd in _descriptors() - self._fds:
            self._address(fd)

    def _walk(self, place: str, directory: str) -> None:
        for name in self._list(directory) - self._old.get(directory, frozenset()):
            path = os.path.join(directory, name)
            try:
                info = os.lstat(path)
            except OSError:
                continue
            if info.st_uid != os.getuid():
                continue
            kind = "POSIX queue" if place == self._queue else kind_of(info.st_mode)
            mode = stat.S_IMODE(info.st_mode)
            if kind == "link":
                mode = 0o600  # it has none of its own, symlink(7)
            where = "/dev/mqueue" if place == self._queue else directory
            self._tell(kind, name, mode=mode, place=where, top=place == directory)
            if kind == "directory":
                self._walk(place, path)

    def _address(self, fd: int) -> None:
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                return
            with socket.socket(fileno=os.dup(fd)) as copy:
                name = copy.getsockname()
                listens = copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                family, stream = copy.family, copy.type == socket.SOCK_STREAM
        except OSError:
            return
        if family in (socket.AF_INET, socket.AF_INET6) and (listens or not stream) and name[1]:
            self._tell("address", name[0], port=name[1])
        elif family == socket.AF_UNIX and name and name[0] in ("\0", 0):
            self._tell("abstract", repr(name))


def named(
    module: ModuleType, log: Log, n: int, workers: int, times: int, places: list[list[str]]
) -> None:
    """Run under umask 0, with the same seed each time; tell all that appears meanwhile."""
    os.umask(0)
    private, shared = places
    private = [*private, os.getcwd()]
    random.seed(0)
    module.run(n, workers)  # what is imported, and made once, is there from now on
    with queues() as queue:
        names = Names(log, private, shared, queue)
        log("places", queue=queue is not None)
        before = resources.inside()
        for names.round in range(times):
            random.seed(0)
            threading.setprofile(names)
            sys.setprofile(names)
            log.call(module.run, n, workers)
            sys.setprofile(None)
            threading.setprofile(None)
        gc.collect()
        log("inside", new=resources.since(before))
