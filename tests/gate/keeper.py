"""One run under a policy: each call that others can notice waits until the policy lets it go on."""

import contextlib
import errno
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from tests.gate import calls, paths, things
from tests.gate.seccomp import Listener, Notice, Refused, install
from tests.gate.tasks import GONE, Place, Task, Tasks
from tests.gate.things import Thing

LIMIT = 10.0  # seconds that a run may take: this is reached only where processes compute or sleep
_PAUSE = 50e-6  # seconds between two looks at threads that run
_LONG_PAUSE = 1e-3  # seconds, where all of them wait for a time to pass
_DIES_IN = 1.0  # seconds: a process that is killed may be in a call that nothing interrupts
_CERTAIN = 0.1  # seconds that all are blocked before it is taken to be for ever
_ROOM = 1 << 16  # bytes of what a run tells
_FREE = 200  # a descriptor beyond those that a caller has, below every limit
_CLONE_VFORK = 0x4000  # <linux/sched.h>
_MARK = 0x7FFFFF00  # no descriptor: to close it marks the begin and the end of the function


class Decision(NamedTuple):
    """Which of the parked goes on, and how.

    fail: a number of errno(3) that its call returns without being done, or 0.
    signal: one that its process gets before that, or 0.  SIGKILL ends it before the call.
    """

    task: Task
    fail: int = 0
    signal: int = 0


class Policy(Protocol):
    """Chooses an order."""

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose one of the threads that are parked; they come in the order of their names."""


class Step(NamedTuple):
    """A call that went on.

    task: the name of its thread.
    number: how many of its calls had gone on before.
    thing: what it was about, if that was asked for.
    how: "" or what was done to it.
    """

    task: str
    number: int
    call: str
    thing: Thing | None
    how: str

    @property
    def process(self) -> str:
        """The name of its process."""
        return self.task.partition(".")[0]

    @property
    def place(self) -> Place:
        """Where in the run it was."""
        return Place(self.task, self.number)

    def conflicts(self, other: "Step") -> bool:
        """Tell whether the order of two calls, which are of two threads, may matter."""
        if self.task == other.task or self.thing is None or other.thing is None:
            return False
        return self.thing.conflicts(other.thing)


class Stuck(NamedTuple):
    """A thread that could not go on: its name, the call in which it waits, and for what."""

    task: str
    call: str
    about: str


class Record(NamedTuple):
    """What a run was.

    told: what its function returned, b"" if it did not come back.
    status: how its first process ended, as in subprocess.Popen.returncode; None if it had to be
        killed.
    steps: its calls, in the order in which they went on.
    notices: how many calls there were, with those that did not wait.
    stuck: the threads that lived when nothing could go on any more: each with the call in which it
        waits, and what that is about.
    proven: whether nothing could ever have gone on: no thread waited for a time to pass.
    """

    told: bytes
    status: int | None
    steps: list[Step]
    notices: int
    stuck: list[Stuck]
    proven: bool


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Let the calls of the first process of `once` wait for an answer in the block alone.

    Those of the processes that it forks there always do.
    """
    _mark()
    try:
        yield
    finally:
        _mark()


def once(
    act: Callable[[], bytes], policy: Policy, limit: float = LIMIT, *, named: bool = False
) -> Record:
    """Call *act* in a forked process behind the gate, and return when all of its processes ended.

    Those that are left are killed.  Raises Refused.

    act: it returns what is to be told, and calls what is to be watched in a block of `watched`.
    named: whether steps have their things, which takes time.
    """
    with mmap.mmap(-1, _ROOM) as memory:
        pid, listener = _start(act, memory)
        with contextlib.closing(_Gate(pid, listener, policy, named=named)) as gate:
            stuck, proven = gate.keep(limit)
            status = gate.end()
        length = int.from_bytes(memory[:4], "little")
        return Record(memory[4 : 4 + length], status, gate.steps, gate.notices, stuck, proven)


def _start(act: Callable[[], bytes], memory: mmap.mmap) -> tuple[int, Listener]:
    """Fork the first process of a run; return its pid, and the listener of its calls."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.dup2(theirs.fileno(), _FREE)
            ours.close()
            theirs.close()
            _hand_over(_FREE)
            told = act()[: _ROOM - 4]
            memory[4 : 4 + len(told)] = told
            memory[:4] = len(told).to_bytes(4, "little")
        finally:
            os._exit(0)
    theirs.close()
    with ours:
        said, fds, _, _ = socket.recv_fds(ours, 1000, 1)
    if not fds:
        os.waitpid(pid, 0)
        raise Refused(said.decode())
    return pid, Listener(fds[0])


def _hand_over(free: int) -> None:
    """Install the filter, and send the listener; if that is refused, send the reason, and exit."""
    with socket.socket(fileno=free) as connection:
        try:
            listener = install(free)
        except Refused as reason:
            connection.sendall(str(reason).encode())
            os._exit(0)
        socket.send_fds(connection, [b"!"], [listener])
    os.close(listener)


def _mark() -> None:
    with contextlib.suppress(OSError):
        os.close(_MARK)


def _waiting(task: Task) -> Stuck:
    call, about = task.waits_in(), ""
    if call == task.call:
        about = things.of(Notice(0, task.tid, call, task.arguments)).shown
    return Stuck(task.name, call, about)


def _is_vfork(notice: Notice) -> bool:
    """Tell whether a call is vfork(2), or does the same: it waits until the child has left."""
    flags = notice.arguments[0]
    if notice.name == "clone3":
        flags = int.from_bytes(paths.memory(notice.tid, flags, 8), sys.byteorder)
    return notice.name == "vfork" or bool(notice.name != "fork" and flags & _CLONE_VFORK)


class _Gate:
    """The gatekeeper of one run."""

    def __init__(self, pid: int, listener: Listener, policy: Policy, *, named: bool) -> None:
        self._pid = pid
        self._named = named
        self._within = False  # the function, as the first process does
        self._alarmed = False
        self._listener = listener
        self._policy = policy
        self._tasks = Tasks(pid)
        self._parked: dict[int, Notice] = {}
        self._parents: set[int] = set()  # those that may have new children, or threads
        self.steps: list[Step] = []
        self.notices = 0

    def keep(self, limit: float) -> tuple[list[Stuck], bool]:
        """Let calls go on until there are none; return who is left, and whether for ever."""
        until = time.monotonic() + limit
        while self._tasks.living:
            self._receive()
            if not self._settled():
                if time.monotonic() > until:
                    return self._stuck(), False
                self._wait(_PAUSE)
            elif self._parked:
                self._let_go()
            elif not self._waits_for_time():
                # What the kernel does later may still wake one: packets, closed descriptors.
                self._wait(_CERTAIN)
                if self._settled() and not self._parked:
                    return self._stuck(), True
            elif time.monotonic() > until:
                return self._stuck(), False
            else:
                self._wait(_LONG_PAUSE)
        return [], True

    def _waits_for_time(self) -> bool:
        """Tell whether something may come after some time: a call ends, or a timer expires."""
        living = self._tasks.living.values()
        return self._alarmed or any(calls.has_limit(t.call, t.arguments) for t in living)

    def _wait(self, seconds: float) -> None:
        """Sleep until there is a call, *seconds* at most."""
        select.select([self._listener.fd], (), (), seconds)

    def _receive(self) -> bool:
        """Take the calls that wait; tell whether there was one."""
        found = False
        while (notice := self._listener.receive()) is not None:
            found = True
            self.notices += 1
            task = self._tasks.get(notice.tid)
            marks = notice.name == "close" and notice.arguments[0] == _MARK
            self._within ^= marks
            without = task.tid == self._pid and not self._within
            if marks or without or paths.unchanging(notice):
                self._listener.go_on(notice)
                continue
            task.call, task.arguments = notice.name, notice.arguments
            self._parked[notice.tid] = notice
        return found

    def _settled(self) -> bool:
        """Tell whether each thread is parked, blocked or gone."""
        for pid in self._parents:
            self._tasks.find(pid)
        if not self._tasks.settled(self._parked) or self._receive():
            return False
        self._parents.clear()
        for tid in [tid for tid in self._parked if tid not in self._tasks.living]:
            del self._parked[tid]
        return True

    def _let_go(self) -> None:
        ready = sorted((self._tasks.living[tid] for tid in self._parked), key=lambda t: t.order)
        task, fail, number = self._policy.choose(ready)
        notice = self._parked.pop(task.tid)
        how = errno.errorcode[fail] if fail else signal.Signals(number).name if number else ""
        thing = things.of(notice) if self._named else None
        self.steps.append(Step(task.name, task.calls, notice.name, thing, how))
        task.calls += 1
        task.before_vfork = -1
        self._alarmed = self._alarmed or notice.name in calls.ALARMS
        if notice.name in calls.BIRTHS:
            self._parents.add(task.pid)
            if _is_vfork(notice):
                task.before_vfork = task.look()[1]
        if number:
            with contextlib.suppress(ProcessLookupError):
                os.kill(task.pid, number)
        if fail:
            self._listener.fail(notice, fail)
        elif number != signal.SIGKILL and not self._killed(notice):
            self._listener.go_on(notice)

    def _killed(self, notice: Notice) -> bool:
        """Do a call that kills a process of the run; answer when that is gone; tell if it is one.

        Else its parent might get SIGCHLD just when it comes to the gate with its next call: a call
        that has not been received yet returns EINTR then, also where it never does so elsewhere.
        """
        pid = paths.killed_by(notice)
        if pid not in self._tasks.living:
            return False
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + _DIES_IN
        while self._tasks.get(pid).look()[0] not in GONE and time.monotonic() < until:
            time.sleep(_PAUSE)
        self._listener.succeed(notice)
        return True

    def _stuck(self) -> list[Stuck]:
        return [_waiting(task) for task in self._tasks.living.values()]

    def end(self) -> int | None:
        """Kill what lives; return how the first process has ended, None if by that."""
        lived = self._pid in self._tasks.living
        for pid in {task.pid for task in self._tasks.living.values()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return None if lived else status

    def close(self) -> None:
        """Let go of the listener."""
        self._tasks.close()
        self._listener.close()
