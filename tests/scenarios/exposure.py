"""What other processes can see of a run, and runs that an intruder attacks: clauses G1 to G6."""

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
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios.injection import Births
from tests.scenarios.profiles import stop_before
from tests.scenarios.protocol import Log, inject
from tests.system import resources
from tests.system.objects import kind_of, queue_directory, system_v_objects

# Descriptors that a run may have: the default limit of a process on macOS. The intruder opens more
# in a flood.
DESCRIPTORS = 256

_MORE = 30  # terms of a run more than of the one before it

# Functions that may wait. While one of them waits, this process creates nothing. So what appears in
# a shared directory meanwhile counts as another program's.
_WAITING = {"poll", "select", "waitpid", "waitid", "sleep", "acquire", "wait", "join", "read"}


def hold(log: Log, number: int) -> None:
    """Stop this child at its birth, and again when it is about to exit."""
    log("stopped", stage="birth")
    os.kill(os.getpid(), signal.SIGSTOP)
    stop_before(log, number, "exit")


def attacked(module: ModuleType, log: Log, n: int, workers: int, places: Sequence[str]) -> None:
    """Run once for each request on standard input, with each child stopped at birth and exit.

    A request is a line of JSON: {"way": the name of the attack}.  With {"seconds": s} too, run
    again and again for that long, and stop no child.  Each run has more terms than the one before:
    so what a stranger has seen in another run is no right result in this one.
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    births = Births(log)
    log.call(module.run, n, workers, warm=True)
    births.arm(inject(tell_all, [tempfile.gettempdir(), *places]))
    log.call(module.run, n, workers, warm=True)
    births.disarm()
    before = resources.of_this_process()
    log("warm")
    for line in sys.stdin:
        request = json.loads(line)
        until = time.monotonic() + request.pop("seconds", 0.0)
        if time.monotonic() < until:
            while time.monotonic() < until:
                log.call(module.run, n, workers, **request)
            log("over")
        else:
            n += _MORE
            births.arm(inject(hold))
            log.call(module.run, n, workers, **request)
            births.disarm()
    gc.collect()
    log("inside", new=resources.added_since(before))


def tell_all(log: Log, number: int, places: Sequence[str]) -> None:
    """Let this child log what a stranger of the same user can know of it.

    places: directories in which runs may make theirs.
    """
    tell_what_it_makes(log, places)
    tell_what_it_sends(log)


def tell_what_it_makes(log: Log, places: Sequence[str]) -> None:
    """Let this child log the path of each file that it makes, from the directory of the run on."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(args[0], str) or not args[2] & os.O_CREAT:
            return
        for place in places:
            name = args[0].removeprefix(place + "/")
            inner = name.partition("/")[2]
            if inner and name != args[0]:
                log("makes", inner=inner)
                return

    sys.addaudithook(hook)


_SENDS = ("send", "sendall", "sendto", "sendmsg")  # methods of a socket
_MOST_SENT = 6  # messages of a worker, and bytes of each
_LONGEST = 256


def tell_what_it_sends(log: Log) -> None:
    """Let this child log what it sends by functions of `os` and methods of sockets."""
    left = _MOST_SENT

    def tell(data: Any) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            kept, os.write = os.write, write
            with contextlib.suppress(TypeError, ValueError):
                pieces = data if isinstance(data, (list, tuple)) else [data]
                log("spoke", data=b"".join(map(bytes, pieces))[:_LONGEST].hex())
            os.write = kept

    def telling(function: Callable[..., Any], at: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            tell(args[at] if len(args) > at else b"")
            return function(*args, **kwargs)

        return call

    write = os.write
    os.write, os.writev = telling(os.write, 1), telling(os.writev, 1)
    for name in _SENDS:
        setattr(socket.socket, name, telling(getattr(socket.socket, name), 1))


def _descriptors() -> set[int]:
    """Return the descriptors of this process, except that of the listing itself."""
    found = set()
    for fd in map(int, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found.add(fd)
    return found


class Appearances:
    """A profile function that logs each name, mode and address as soon as it appears.

    It looks before every call of a C function, in the caller and in its children.  So it sees what
    one call has created before the next call can change it.
    """

    def __init__(
        self, log: Log, private: list[str], shared: list[str], queues: Path | None
    ) -> None:
        self._log = log
        self._private = private
        self._shared = shared + ([str(queues)] if queues is not None else [])
        self._queues = str(queues)
        self._old = {place: self._list(place) for place in self._private + self._shared}
        self._ids = {(found.kind, found.id) for found in system_v_objects()}
        self._fds = _descriptors()
        self._logged: set[Any] = set()
        self._last = ""
        self.round = 0

    def _list(self, place: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(place))
        except OSError:
            return frozenset()

    def _report(self, what: str, name: str, **facts: Any) -> None:
        key = (what, name, *sorted(facts.items()))
        if key not in self._logged:
            self._logged.add(key)
            self._log("appeared", what=what, name=name, round=self.round, **facts)

    def __call__(self, frame: FrameType | None, event: str, arg: Any) -> None:
        """Look for what is new."""
        if event != "c_call":
            return
        waited = self._last in _WAITING
        self._last = getattr(arg, "__name__", "")
        for place in self._private:
            self._walk(place, place)
        for place in self._shared:
            if waited:
                self._old[place] |= self._list(place)
            else:
                self._walk(place, place)
        for found in system_v_objects():
            if (found.kind, found.id) not in self._ids and found.owner == os.getuid():
                mode = int(found.columns["perms"], 8) & 0o777
                self._report(found.kind, found.columns["key"], mode=mode, place="System V")
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
            kind = "POSIX queue" if place == self._queues else kind_of(info.st_mode)
            mode = stat.S_IMODE(info.st_mode)
            if kind == "link":
                mode = 0o600  # the mode of a link has no effect: symlink(7)
            where = "/dev/mqueue" if place == self._queues else directory
            self._report(kind, name, mode=mode, place=where, top=place == directory)
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
            self._report("address", name[0], port=name[1])
        elif family == socket.AF_UNIX and name and name[0] in ("\0", 0):
            self._report("abstract", repr(name))


def named(
    module: ModuleType, log: Log, n: int, workers: int, times: int, places: list[list[str]]
) -> None:
    """Run *times* times under umask 0 with the same random seed; log all that appears meanwhile.

    places: the private and the shared directories to look in.
    """
    os.umask(0)
    private, shared = places
    private = [*private, os.getcwd()]
    random.seed(0)
    module.run(n, workers)  # the first run imports modules, and may create objects that stay
    with queue_directory() as queues:
        appearances = Appearances(log, private, shared, queues)
        log("places", queue=queues is not None)
        before = resources.of_this_process()
        for appearances.round in range(times):
            random.seed(0)
            threading.setprofile(appearances)
            sys.setprofile(appearances)
            log.call(module.run, n, workers)
            sys.setprofile(None)
            threading.setprofile(None)
        gc.collect()
        log("inside", new=resources.added_since(before))
