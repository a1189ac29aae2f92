"""One run under a policy: each call that others can notice waits until the policy lets it go on."""

import contextlib
import errno
import mmap
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from tests.gate import calls, first, paths, things
from tests.gate.seccomp import Listener, Notice, Reach
from tests.gate.tasks import GONE, Place, Task, Tasks
from tests.gate.things import Thing
from tests.system.pace import slowed

LIMIT = 10.0  # seconds that a run may take: this is reached only where processes compute or sleep
_MOST = 10.0  # times as long, on a machine under load
_PAUSE = 50e-6  # seconds between two looks at threads that run
_LONG_PAUSE = 1e-3  # seconds, where all of them wait for a time to pass
_DIES_IN = 1.0  # seconds: a process that is killed may be in a call that nothing interrupts
_CERTAIN = 0.1  # seconds that all are blocked before it is taken to be for ever
_CLONE_VFORK = 0x4000  # <linux/sched.h>
_MARK = 0x7FFFFF00  # no descriptor: to close it marks the begin and the end of the function


class Decision(NamedTuple):
    """Which of the parked goes on, and how.

    fail: a number of errno(3) that its call returns without being done, or 0.
    signal: one that its process gets before that, or 0.  SIGKILL ends it before the call.
    others: the names of processes that get that signal too, if they live.
    """

    task: Task
    fail: int = 0
    signal: int = 0
    others: tuple[str, ...] = ()


class Policy(Protocol):
    """Chooses an order."""

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose one of the threads that are parked; they come in the order of their names."""


class Step(NamedTuple):
    """A call that went on.

    task: the name of its thread.
    number: how many of its calls had gone on before.
    turn: how many of them were of this name.
    thing: what it was about, if that was asked for.
    how: "" or what was done to it.
    """

    task: str
    number: int
    turn: int
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

    @property
    def named_place(self) -> Place:
        """The same, counted by the name of the call."""
        return Place(self.task, self.turn, self.call)

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


class Strike(NamedTuple):
    """Something that was done to a process: its pid, and when, by time.monotonic."""

    pid: int
    at: float


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
    begun: how many calls had gone on when the function came to its block of `watched`.
    strikes: what was done to processes.
    cpu: the CPU time of each process at its last call, in clock ticks, if steps have their things.
    """

    told: bytes
    status: int | None
    steps: list[Step]
    notices: int
    stuck: list[Stuck]
    proven: bool
    begun: int
    strikes: list[Strike]
    cpu: dict[str, int]


Tally = Callable[[str, Notice], None]
"""Takes in a call, by the name of its thread, just before it goes on."""


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
    act: Callable[[], bytes],
    policy: Policy,
    limit: float = LIMIT,
    *,
    named: bool = False,
    own: bool = False,
    tally: Tally | None = None,
) -> Record:
    """Call *act* in a forked process behind the gate, and return when all of its processes ended.

    Those that are left are killed.  Raises Refused.

    act: it returns what is to be told, and calls what is to be watched in a block of `watched`.
    named: whether steps have their things, which takes time.
    own: whether calls that no other process can notice wait too: calls.OWN, and those of the first
        process on files that no run changes.
    tally: gets each call, in their order.  Then all that no other process can notice wait too.
    """
    with mmap.mmap(-1, first.ROOM) as memory:
        reach: Reach = "every" if tally is not None else "own" if own else "shared"
        pid, listener = first.start(act, memory, reach)
        with contextlib.closing(_Gate(pid, listener, policy, reach, tally, named=named)) as gate:
            stuck, proven = gate.keep(limit)
            status = gate.end()
        told = first.told(memory)
    seen = gate.steps, gate.notices, stuck, proven, gate.begun, gate.strikes, gate.cpu
    return Record(told, status, *seen)


def _mark() -> None:
    with contextlib.suppress(OSError):
        os.close(_MARK)


def _waiting(task: Task) -> Stuck:
    call, about = task.waits_in(), ""
    if call == task.call:
        about = things.of(Notice(0, task.tid, call, task.arguments)).shown
    return Stuck(task.name, call, about)


def _is_over(start: float, limit: float) -> bool:
    """Tell whether *limit* seconds are over since *start*, or more on a machine under load."""
    passed = time.monotonic() - start
    return passed > limit and passed > limit * min(_MOST, slowed())


def _is_vfork(notice: Notice) -> bool:
    """Tell whether a call is vfork(2), or does the same: it waits until the child has left."""
    flags = notice.arguments[0]
    if notice.name == "clone3":
        flags = int.from_bytes(paths.memory(notice.tid, flags, 8), sys.byteorder)
    return notice.name == "vfork" or bool(notice.name != "fork" and flags & _CLONE_VFORK)


class _Gate:
    """The gatekeeper of one run."""

    def __init__(
        self,
        pid: int,
        listener: Listener,
        policy: Policy,
        reach: Reach,
        tally: Tally | None,
        *,
        named: bool,
    ) -> None:
        self._pid = pid
        self._named = named
        self._reach = reach
        self._tally = tally
        self._within = False  # the function, as the first process does
        self._alarmed = False
        self._listener = listener
        self._policy = policy
        self._tasks = Tasks(pid)
        self._parked: dict[int, Notice] = {}
        self._parents: set[int] = set()  # those that may have new children, or threads
        self.steps: list[Step] = []
        self.strikes: list[Strike] = []
        self.cpu: dict[str, int] = {}
        self.notices = self.begun = 0

    def keep(self, limit: float) -> tuple[list[Stuck], bool]:
        """Let calls go on until there are none; return who is left, and whether for ever."""
        start = time.monotonic()
        while self._tasks.living:
            self._receive()
            if not self._settled():
                if _is_over(start, limit):
                    return self._stuck(), False
                self._wait(_PAUSE)
            elif self._parked:
                self._let_go()
            elif not self._waits_for_time():
                # What the kernel does later may still wake one: packets, closed descriptors.
                self._wait(_CERTAIN)
                if self._settled() and not self._parked:
                    return self._stuck(), True
            elif time.monotonic() > start + limit:  # nobody needs a processor
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
            notice = things.named(notice)
            task = self._tasks.get(notice.tid)
            marks = notice.name == "close" and notice.arguments[0] == _MARK
            if marks:
                self._within = not self._within
                if self._within:
                    self.begun = len(self.steps)
            if marks or (not self._takes_part(task) and paths.unchanging(notice)):
                self._listener.go_on(notice)
                continue
            task.call, task.arguments = notice.name, notice.arguments
            if task.tid == self._pid and not self._within:
                self._note(task, notice)
                self._listener.go_on(notice)
            else:
                self._parked[notice.tid] = notice
        return found

    def _takes_part(self, task: Task) -> bool:
        """Tell whether calls of *task* on files that no run changes wait too."""
        of_first = task.pid == self._pid
        return self._reach == "every" or (self._reach == "own" and of_first)

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
        task, fail, number, others = self._policy.choose(ready)
        notice = self._parked.pop(task.tid)
        how = errno.errorcode[fail] if fail else signal.Signals(number).name if number else ""
        if self._tally is not None:
            self._tally(task.name, notice)
        thing = None
        if self._named:
            thing = things.of(notice)
            self.cpu[task.process] = task.cpu()
        turn = task.counts[notice.name]
        self.steps.append(Step(task.name, task.calls, turn, notice.name, thing, how))
        task.counts[notice.name] += 1
        task.calls += 1
        self._note(task, notice)
        if fail or number:
            self._strike(task, number, others)
        if fail:
            self._listener.fail(notice, fail)
        elif number != signal.SIGKILL and not self._killed(notice):
            self._listener.go_on(notice)

    def _note(self, task: Task, notice: Notice) -> None:
        """Keep what a call, which is about to go on, may lead to."""
        task.before_vfork = -1
        self._alarmed = self._alarmed or notice.name in calls.ALARMS
        if notice.name in calls.BIRTHS:
            self._parents.add(task.pid)
            if _is_vfork(notice):
                task.before_vfork = task.look()[1]

    def _strike(self, task: Task, number: int, others: Sequence[str]) -> None:
        """Send a signal, unless *number* is 0, to the process of *task* and to *others*."""
        living = self._tasks.living.values()
        pids = [task.pid, *{other.pid for other in living if other.name in others}]
        self.strikes += [Strike(pid, time.monotonic()) for pid in pids]
        if number:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _killed(self, notice: Notice) -> bool:
        """Do a call that kills a process of the run; answer when that is gone; tell if it is one.

        Else its parent might get SIGCHLD just when it comes to the gate with its next call: a call
        that has not been received yet returns EINTR then, also where it never does so elsewhere.
        """
        pid = paths.killed_by(notice)
        if pid not in self._tasks.living:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # it was reaped; the system says so to the caller too
            return False
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
