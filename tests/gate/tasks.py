"""The threads of a run, as /proc shows them: whether each runs, is blocked, or is gone.

A thread is blocked if it sleeps in a system call and nobody has woken it: proc_pid_status(5).  One
look is no proof, for two reasons.  Its state says that it sleeps from a moment before it leaves its
processor; a read of its file "syscall" waits until it has left it (proc_pid_syscall(5), and
wait_task_inactive in the kernel).  And one thread may wake another just after the look at it.  So
each is looked at twice: a thread that has given up its processor no further time, and sleeps at the
second look, has slept all the while; if this holds for each, all slept at the moment between.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.gate import calls
from tests.system import processes

_READ = 4096  # bytes, more than these files have
_FILES = ("status", "syscall")
_SLEPT = b"\nvoluntary_ctxt_switches:\t"

GONE = "ZX"  # a zombie; no more
STILL = "StT"  # it sleeps, in a call that a signal interrupts; stopped by a signal, by a tracer


@dataclass
class Task:
    """A thread.

    name: the number of its process in the order of their births, from 0, and, of a further
        thread, its own: the same in each run that goes alike.
    calls: how many of its calls have been let go on.
    counts: how many of each name.
    call, arguments: the last of these, "" before there is one.
    before_vfork: of a thread that is in vfork(2), how often it had slept before that; else -1.
    """

    tid: int
    pid: int
    name: str
    calls: int = 0
    counts: Counter[str] = field(default_factory=Counter, repr=False)
    call: str = ""
    arguments: tuple[int, ...] = ()
    before_vfork: int = -1
    fds: list[int] = field(default_factory=list, repr=False)

    @property
    def process(self) -> str:
        """The name of its process."""
        return self.name.partition(".")[0]

    @property
    def order(self) -> tuple[int, ...]:
        """Its place among others, by birth."""
        return tuple(map(int, self.name.split(".")))

    def look(self) -> tuple[str, int]:
        """Return its state, a letter, and how often it has slept."""
        try:
            text = self._read(0)
        except OSError:
            return "X", 0
        # Both lines are in it; a regular expression takes thrice as long.
        state, slept = text.index(b"\nState:\t") + 8, text.index(_SLEPT) + len(_SLEPT)
        return chr(text[state]), int(text[slept : text.index(b"\n", slept)])

    def may_sleep(self, state: str, slept: int) -> bool:
        """Tell whether what `look` has said is of a thread that waits for others."""
        # At the gate it is in state D, too.
        return state in STILL or (state == "D" and -1 < self.before_vfork < slept)

    def sleeps(self) -> bool:
        """Tell whether it has left its processor, and is not to run."""
        try:
            return self._read(1) != b"running\n"
        except OSError:  # not readable, or it has ended: then its state says so
            return True

    def cpu(self) -> int:
        """Return the CPU time of its process, in clock ticks."""
        found = processes.stat(self.pid)
        return found.ticks if found else 0

    def waits_in(self) -> str:
        """Return the name of the call in which it sleeps, or the last that the gate has seen."""
        machine = calls.of_this_machine()
        try:
            number = int(self._read(1).split()[0])
        except (OSError, ValueError):  # not readable; running, or gone
            return self.call
        names = (name for name, its in machine.numbers.items() if its == number) if machine else ()
        return next(iter(names), self.call)

    def _read(self, which: int) -> bytes:
        """Read a file of /proc, one of _FILES, which is kept open."""
        while len(self.fds) <= which:
            place = f"/proc/{self.pid}/task/{self.tid}/{_FILES[len(self.fds)]}"
            self.fds.append(os.open(place, os.O_RDONLY))
        return os.pread(self.fds[which], _READ, 0)

    def close(self) -> None:
        """Let go of what was opened."""
        while self.fds:
            os.close(self.fds.pop())


@dataclass(frozen=True)
class Place:
    """A call of a run: call *number*, from 0, of the thread *task*.

    call: a name: then only its calls of that name are counted.  So a place is the same where a run
        asks for more memory than another one does.
    """

    task: str
    number: int
    call: str = ""

    @property
    def process(self) -> str:
        """The name of the process of the thread."""
        return self.task.partition(".")[0]

    def __str__(self) -> str:
        return ":".join([self.task, *[self.call] * bool(self.call), str(self.number)])

    @staticmethod
    def parse(text: str) -> "Place":
        """Return the place of which `str` has made *text*; raise ValueError."""
        task, *call, number = text.split(":")
        return Place(task, int(number), *call)

    def is_at(self, task: Task) -> bool:
        """Tell whether *task* is parked there."""
        if task.name != self.task or self.call not in ("", task.call):
            return False
        return self.number == (task.counts[self.call] if self.call else task.calls)


class Tasks:
    """All threads of a run, found from its first process on.

    first: the pid of that.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._known: dict[int, Task] = {}
        self._processes: dict[int, str] = {}
        self._threads: dict[str, int] = {}
        self._asleep: dict[int, tuple[str, int]] = {}  # what `look` has said of those
        self.living: dict[int, Task] = {}
        self._add(first, first)

    def _add(self, pid: int, tid: int) -> None:
        if pid not in self._processes:
            self._processes[pid] = str(len(self._processes))
        name = self._processes[pid]
        if tid != pid:
            self._threads[name] = self._threads.get(name, 0) + 1
            name = f"{name}.{self._threads[name]}"
        self._known[tid] = self.living[tid] = Task(tid, pid, name)

    def find(self, parent: int | None = None) -> None:
        """Look for children and threads of the process *parent*, or of all that are known."""
        known = [task.pid for task in self.living.values()] if parent is None else [parent]
        for pid in dict.fromkeys(known):
            for tid in _numbers(f"/proc/{pid}/task"):
                if tid not in self._known:
                    self._add(pid, tid)
                for child in _children(pid, tid):
                    if child not in self._known:
                        self._add(child, child)

    def get(self, tid: int) -> Task:
        """Return the thread *tid*; it may be new."""
        if tid not in self._known:
            self.find()
        return self._known[tid]

    def settled(self, parked: Iterable[int]) -> bool:
        """Tell whether each that lives is one of *parked* or blocked; forget those that are gone.

        Those that were blocked before are looked at between the two looks at the others: if they
        have slept since, nobody has woken them after that look, for all others sleep.
        """
        waiting = set(parked)
        fresh, ended = {}, False
        for tid, task in list(self.living.items()):
            if tid in waiting:
                self._asleep.pop(tid, None)
                continue
            if tid in self._asleep:
                continue
            state, slept = task.look()
            if state in GONE:
                self._forget(task)
                ended = True
            elif task.may_sleep(state, slept):
                fresh[tid] = (state, slept)
            else:
                return False
        for tid, look in list(self._asleep.items()):
            task = self.living[tid]
            if not task.sleeps() or task.look() != look:
                del self._asleep[tid]
                return False
        if ended:
            # It is a zombie just before its parent is woken, under a lock that this call waits for.
            os.waitid(os.P_PID, self._first, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            return False
        for tid, look in fresh.items():
            task = self.living[tid]
            if not task.sleeps() or task.look() != look:
                return False
        self._asleep.update(fresh)
        return True

    def _forget(self, task: Task) -> None:
        task.close()
        del self.living[task.tid]

    def close(self) -> None:
        """Let go of all."""
        for task in self._known.values():
            task.close()


def _numbers(directory: str) -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from sorted(int(name) for name in os.listdir(directory))


def _children(pid: int, tid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        fd = os.open(f"/proc/{pid}/task/{tid}/children", os.O_RDONLY)
        try:
            yield from map(int, os.read(fd, 1 << 20).split())
        finally:
            os.close(fd)
