"""The first process of a world: it starts, kills, lists and reaps the others.

It serves requests, lines of JSON, on a socket, and answers each with a line.  When a process that
it has started ends, it says so, unasked.  When the other end is closed, it exits, and the kernel
kills all others of the world: pid_namespaces(7).

{"do": "run", "environment": …, "directory": …}, with descriptors for 0, 1, 2, for the log and for
    stacks: fork a caller, which runs tests.scenarios as a fresh interpreter does.  The answer is
    {"pid": …}.
{"do": "start", "arguments": […], "environment": …, "directory": …, "session": …}, with descriptors
    for 0, 1, 2 and for those that have to be passed on, from 3 on: start a program.  The answer
    is {"pid": …}.
{"do": "kill", "pid": …, "signal": …}: the answer tells whether there was such a process.
{"do": "list"}: the answer has the fields of tests.system.processes.Stat of each process.
{"do": "inventory", "places": […]}: the answer has what there is, as tests.system.resources does.
{"ended": pid, "status": exit code or minus the signal} is what it says unasked.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from tests.scenarios.__main__ import serve_trial
from tests.system import namespaces, processes, resources

_REQUEST = 1 << 20  # bytes: an environment may be large
_MOST = 16  # descriptors of a request
_STREAMS = 3  # standard streams

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # netdevice(7)
_INTERFACE = struct.Struct("16sh22x")  # struct ifreq: the name, and the flags

Answer = dict[str, Any]
Body = Callable[[], None]
"""What a process that was forked for a request is to do."""


def answer(control: socket.socket, **facts: Any) -> None:
    """Send a line; if the harness is gone, nobody needs it."""
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(facts).encode() + b"\n")


def leave() -> NoReturn:
    """End this process; if an exception is the reason, print it, which its parent must not see."""
    status = 0
    if sys.exc_info()[0] is not None:
        status = 1
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(status)


def raise_loopback() -> None:
    """Let the network of this namespace reach itself: a new one's interface is down."""
    with socket.socket() as any_socket:
        name, flags = _INTERFACE.unpack(
            fcntl.ioctl(any_socket, _GET_FLAGS, _INTERFACE.pack(b"lo", 0))
        )
        fcntl.ioctl(any_socket, _SET_FLAGS, _INTERFACE.pack(name, flags | _UP))


class _Keeper:
    def __init__(self, control: socket.socket, *, privileged: bool) -> None:
        self._control = control
        self._privileged = privileged
        self._started: set[int] = set()
        self.own: list[int] = []
        """Its descriptors beside that of *control*."""
        self._actions: dict[str, Callable[..., Answer | Body]] = {
            "run": self._run,
            "start": self._start,
            "kill": self._kill,
            "list": self._list,
            "inventory": self._inventory,
        }

    def do(self, request: dict[str, Any], fds: list[int]) -> Body | None:
        """Do what a request asks for, and answer; in a process that was forked, return its work."""
        found = self._actions[request.pop("do")](fds=fds, **request)
        if callable(found):
            return found
        for fd in fds:
            os.close(fd)
        answer(self._control, **found)
        return None

    def reap(self) -> None:
        """Reap all that have ended; tell of those that were started here."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                if pid in self._started:
                    self._started.discard(pid)
                    answer(self._control, ended=pid, status=os.waitstatus_to_exitcode(status))

    def _fork(self, fds: list[int], *, session: bool) -> int:
        """Fork a process with the first of *fds* as its standard streams; return 0 in it.

        What a library has open stays open, as libffi its memory for closures; so does the rest of
        *fds*, at its numbers.
        """
        pid = os.fork()
        if pid:
            self._started.add(pid)
            return pid
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if session:
            os.setsid()
        for number, fd in enumerate(fds[:_STREAMS]):
            os.dup2(fd, number)  # the keeper has streams of its own: *fds* are beyond these
            os.close(fd)
        for fd in (self._control.detach(), *self.own):
            os.close(fd)
        if not self._privileged:
            # In its user namespace this process may do everything; an ordinary user may not.
            namespaces.give_up()
        return 0

    def _run(self, fds: list[int], environment: dict[str, str], directory: str) -> Answer | Body:
        if pid := self._fork(fds, session=True):
            return {"pid": pid}
        log, dumps = fds[_STREAMS:]

        def body() -> None:
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)
            serve_trial(log, dumps)

        return body

    def _start(
        self,
        fds: list[int],
        arguments: list[str],
        environment: dict[str, str],
        directory: str,
        session: bool,
    ) -> Answer:
        if pid := self._fork(fds, session=session):
            return {"pid": pid}
        try:
            # First to numbers that are not needed: one may be in the place of another.
            spare = [fcntl.fcntl(fd, fcntl.F_DUPFD, 2 * _MOST) for fd in fds[_STREAMS:]]
            for number, fd in enumerate(spare, _STREAMS):
                os.dup2(fd, number)
            os.closerange(len(fds), os.sysconf("SC_OPEN_MAX"))
            os.chdir(directory)
            os.execve(arguments[0], arguments, environment)  # noqa: S606 - no shell
        finally:
            leave()

    def _kill(self, fds: list[int], pid: int, signal: int) -> Answer:
        try:
            os.kill(pid, signal)
        except ProcessLookupError:
            return {"found": False}
        return {"found": True}

    def _list(self, fds: list[int]) -> Answer:
        found = (processes.stat(pid) for pid in processes.pids())
        return {"stats": [stat for stat in found if stat is not None and stat.pid != os.getpid()]}

    def _inventory(self, fds: list[int], places: list[str]) -> Answer:
        return {"found": sorted(resources.of_the_system(*places))}


def keep(control: socket.socket, *, privileged: bool) -> Body:
    """Serve *control* until its other end is closed, and exit.

    In a process that was forked for a request, return what it is to do.  Its caller returns that
    too, and so on: the process does it where a fresh interpreter would begin, and ends as one does.

    privileged: whether what is started has the rights of root, as the suite has.
    """
    keeper = _Keeper(control, privileged=privileged)
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(woken, False)
    keeper.own += (woken, wakes)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    answer(control, ready=os.getpid())
    poller = select.poll()
    for fd in (control.fileno(), woken):
        poller.register(fd, select.POLLIN)
    rest, passed = b"", list[int]()
    while True:
        ready = dict(poller.poll())
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            keeper.reap()
        if control.fileno() in ready:
            data, fds, _, _ = socket.recv_fds(control, _REQUEST, _MOST)
            if not data:
                os._exit(0)
            rest, passed = rest + data, passed + fds
            while b"\n" in rest:
                line, _, rest = rest.partition(b"\n")
                if (body := keeper.do(json.loads(line), passed)) is not None:
                    return body
                passed = []
