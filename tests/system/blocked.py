"""Whether all processes of a world wait for ever: each thread for what only they could do.

`look` takes down in which call each thread sleeps.  It returns None if one of them does not sleep,
or may be woken by a process outside.  Two looks that are equal, and in which no call has a limit of
time, are a proof: between the end of the first and the begin of the second no thread has
run.  For a thread that gives up its processor is counted (proc_pid_status(5)), and one that sleeps
at both looks with the same count has slept all the while.  A process that sleeps starts nothing.
What the kernel itself does a little later, such as to close what a dead process had open, is over
after a moment: so there has to be one between the two looks.

A process of the suite that looks at the others every few milliseconds, and does something only if
it finds a change, may go on.  Between the two looks it has to have slept twice: then it has looked
at them since, and has found none.

Where calls have limits of time, there is only evidence: each of these threads has woken again and
again, and has gone back to the same call, from the same place, with the same arguments, while all
others slept, and no child was reaped.  So do those that look whether something has come that nobody
will send any more.  A thread that sleeps once, for long, is no evidence.

It is neither where a thread waits for a lock of a file, for another end of a FIFO, for memory, or
in a call that is not known here: then somebody outside may be the one that it waits for.

One thing is not seen: setitimer(2) and alarm(2) leave no trace in /proc.  So it is no proof where a
process handles SIGALRM, or takes signals by sigwait(3) or signalfd(2).  One that lets itself be
killed by SIGALRM would be taken for one that waits for ever.
"""

import contextlib
import os
import re
import signal
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.system import processes
from tests.system.waits import SLEEPS, Call, call_of, has_limit

_GONE = "ZX"  # a zombie, which its parent has not reaped; dead
_ASLEEP = "S"  # not "D", in a call that nothing interrupts, nor stopped by a signal or a tracer

_SWITCHES = "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"

_POLLFD = 8  # bytes of a struct pollfd, which begins with an int, the descriptor: poll(2)
_WORD = 8  # bytes of a long, of which an fd_set consists: select(2)
_MOST = 4096  # descriptors of one call

# Operations of futex(2) that wait, and the bits that are flags of one.
_FUTEX_WAITS = {0, 6, 9, 11, 13}
_FUTEX_FLAGS = 128 | 256

# Calls that wait for a child, for a signal that has a handler, or for System V objects or queues,
# which are of a namespace: only processes of this world can end these.
_OF_THE_WORLD = {
    "wait4", "waitid", "pause", "rt_sigsuspend", "semop", "semtimedop", "msgsnd", "msgrcv",
    "mq_timedsend", "mq_timedreceive", "futex_waitv", "futex_wait",
}  # fmt: skip
_TRANSFERS = {"read", "write", "readv", "writev"}
_EPOLLS = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}
_POLLS = {"poll", "ppoll"}
_SELECTS = {"select", "pselect6"}


class Asleep(NamedTuple):
    """A thread that sleeps.

    times: how often it has given up its processor.
    syscall: its file of that name.
    reaped: cminflt of its process, which grows when that reaps a child: proc_pid_stat(5).
    """

    times: tuple[str, ...]
    syscall: str
    reaped: int


class Looks(NamedTuple):
    """How the threads of a world sleep, each by its pid and tid.

    asleep: those in a call without a limit of time.
    timed: those in a call that has one.
    besides: how often those that look at the others have given up their processor.
    """

    asleep: dict[tuple[int, int], Asleep]
    timed: dict[tuple[int, int], Asleep]
    besides: dict[tuple[int, int], int]

    def proves(self, before: "Looks | None") -> bool:
        """Tell whether this look and an earlier one show that all wait for ever."""
        if before is None or self.timed or self.asleep != before.asleep:
            return False
        return self.besides.keys() == before.besides.keys() and all(
            times >= before.besides[thread] + 2 for thread, times in self.besides.items()
        )

    def rounds_since(self, before: "Looks") -> int:
        """Return how often at least each of the threads that wake by time has done so.

        It is -1 if since the look *before* a thread has come or gone, or is at another place, or
        has reaped a child: a run may be over meanwhile, and another one be at the same place.
        """
        places = [
            {thread: (each.syscall, each.reaped) for thread, each in looks.timed.items()}
            for looks in (before, self)
        ]
        if self.asleep != before.asleep or places[0] != places[1]:
            return -1
        times = (
            int(each.times[0]) - int(before.timed[thread].times[0])
            for thread, each in self.timed.items()
        )
        return min(times, default=0)


class _Awake(Exception):  # noqa: N818 - what was seen, no error
    """A thread runs, or may be woken by something else than the processes of its world."""


def open_here() -> frozenset[str]:
    """Return what this process has open, such as "pipe:[123]": it may end a wait for it."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # that of the listing itself
            found.add(os.readlink(f"/proc/self/fd/{fd}"))
    return frozenset(found)


def look(proc: str, outside: frozenset[str], besides: Container[int]) -> Looks | None:
    """Return how all threads sleep, or None if this is not for ever: see above.

    proc: the file system proc of a world.  Its first process is none of those that are meant.
    outside: what processes outside of that world have open, as `open_here` returns it.
    besides: processes that look at the others.
    """
    found = Looks({}, {}, {})
    try:
        for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit()):
            if pid == 1:
                continue
            process = _Process(f"{proc}/{pid}", outside)
            if pid in besides and not process.waits_for_ever():
                found.besides[pid, pid] = process.times_slept()
                continue
            for tid, asleep, timed in process.look():
                (found.timed if timed else found.asleep)[pid, tid] = asleep
    except (_Awake, OSError, ValueError, IndexError):  # not readable, or it has just ended
        return None
    return found


def _field(status: str, name: str) -> str:
    match = re.search(rf"^{name}:\s*(.*)$", status, re.MULTILINE)
    if match is None:
        raise _Awake
    return match[1]


class _Process:
    """A process, whose descriptors are looked at once."""

    def __init__(self, place: str, outside: frozenset[str]) -> None:
        self._place = place
        self._outside = outside
        self._checked: set[tuple[int, bool]] = set()
        self._unix: frozenset[str] | None = None

    def times_slept(self) -> int:
        """Return how often it has given up its processor."""
        status = Path(self._place, "status").read_text(errors="replace")
        return int(_field(status, _SWITCHES[0]))

    def waits_for_ever(self) -> bool:
        """Tell whether `look` would find it so."""
        try:
            return not any(timed for _, _, timed in self.look())
        except _Awake:
            return False

    def look(self) -> Iterator[tuple[int, Asleep, bool]]:
        """Yield the tid of each thread, how it sleeps, and whether for some time; raise _Awake."""
        reaped = self._reaped()
        for tid in sorted(map(int, os.listdir(f"{self._place}/task"))):
            task = Path(self._place, "task", str(tid))
            status = (task / "status").read_text(errors="replace")
            state = _field(status, "State")[0]
            if state in _GONE:
                continue
            if state != _ASLEEP or _alarm_may_come(status):
                raise _Awake
            times = tuple(_field(status, name) for name in _SWITCHES)
            syscall = (task / "syscall").read_text()
            call = call_of(syscall)
            if call is None or self._has_timers():
                raise _Awake
            self._check(call)
            yield tid, Asleep(times, syscall, reaped), has_limit(*call)

    def _reaped(self) -> int:
        return int(processes.fields(self._place)[8])  # field 11

    def _has_timers(self) -> bool:
        """Tell whether it has timers by timer_create(2), armed or not: proc_pid_timers(5)."""
        try:
            return bool(Path(self._place, "timers").read_text())
        except FileNotFoundError:  # the kernel was built without that file
            return False

    def _check(self, call: Call) -> None:
        """Raise _Awake if something outside may end this call."""
        name, arguments = call
        if name in _OF_THE_WORLD or name in SLEEPS:
            return
        if name == "futex":
            if arguments[1] & ~_FUTEX_FLAGS not in _FUTEX_WAITS:
                raise _Awake
        elif name in _TRANSFERS:
            self._check_descriptor(arguments[0], _TRANSFERRED)
        elif name in _EPOLLS:
            self._check_descriptor(arguments[0], _POLLED)
        elif name in _POLLS:
            count = arguments[1]
            self._check_all(
                int.from_bytes(entry[:4], "little", signed=True)
                for entry in self._memory(arguments[0], count, _POLLFD)
            )
        elif name in _SELECTS:
            for address in filter(None, arguments[1:4]):
                self._check_all(self._set(address, arguments[0]))
        else:
            raise _Awake

    def _memory(self, address: int, count: int, size: int) -> Iterator[bytes]:
        """Yield *count* entries of *size* bytes of its memory: proc_pid_mem(5)."""
        if count > _MOST:
            raise _Awake
        with open(f"{self._place}/mem", "rb", buffering=0) as memory:
            data = os.pread(memory.fileno(), count * size, address)
        if len(data) != count * size:
            raise _Awake
        for at in range(0, len(data), size):
            yield data[at : at + size]

    def _set(self, address: int, count: int) -> Iterator[int]:
        """Yield the descriptors of an fd_set."""
        words = self._memory(address, (count + 8 * _WORD - 1) // (8 * _WORD), _WORD)
        bits = int.from_bytes(b"".join(words), "little")
        yield from (fd for fd in range(count) if bits >> fd & 1)

    def _check_all(self, fds: Iterator[int]) -> None:
        for fd in fds:
            if fd >= 0:
                self._check_descriptor(fd, _POLLED)

    def _check_descriptor(self, fd: int, kinds: "dict[str, _Check]") -> None:
        """Raise _Awake if a descriptor may get ready by something outside, or by time."""
        key = fd, kinds is _POLLED
        if key in self._checked:
            return
        self._checked.add(key)  # before: an epoll may contain another one
        target = os.readlink(f"{self._place}/fd/{fd}")
        if target in self._outside:
            raise _Awake
        kind = target.removeprefix("anon_inode:").strip("[]").partition(":")[0]
        if kind not in kinds or not kinds[kind](self, fd, target):
            raise _Awake

    def info(self, fd: int) -> str:
        """Return what is known of a descriptor: proc_pid_fdinfo(5)."""
        return Path(self._place, "fdinfo", str(fd)).read_text()

    def is_local(self, target: str) -> bool:
        """Tell whether a socket is of the domain AF_UNIX: other ones have timers."""
        if self._unix is None:
            rows = Path(self._place, "net", "unix").read_text().splitlines()[1:]
            self._unix = frozenset(f"socket:[{row.split()[6]}]" for row in rows)
        return target in self._unix

    def check_watched(self, fd: int) -> bool:
        """Raise _Awake if one of the descriptors that an epoll watches may do so; else True."""
        watched = re.findall(r"^tfd:\s*(\d+)", self.info(fd), re.MULTILINE)
        self._check_all(iter(map(int, watched)))
        return True


def _alarm_may_come(status: str) -> bool:
    return bool(int(_field(status, "SigCgt"), 16) & 1 << (signal.SIGALRM - 1))


_Check = Callable[[_Process, int, str], bool]
"""Whether only processes of the world, and no time, can make a descriptor of this kind ready."""


def _always(process: _Process, fd: int, target: str) -> bool:
    return True


def _is_disarmed(process: _Process, fd: int, target: str) -> bool:
    return "it_value: (0, 0)" in process.info(fd)


_TRANSFERRED: dict[str, _Check] = {
    "pipe": _always,
    "eventfd": _always,
    "timerfd": _is_disarmed,
}
# Not a socket: SO_RCVTIMEO and SO_SNDTIMEO, socket(7), are not seen from outside.

_POLLED: dict[str, _Check] = _TRANSFERRED | {
    "pidfd": _always,
    "socket": lambda process, fd, target: process.is_local(target),
    "eventpoll": lambda process, fd, target: process.check_watched(fd),
}
