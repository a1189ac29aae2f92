"""A process beside the caller that counts, signals and strikes the workers of a run from outside.

It also measures for how long all processes of the run sleep at the same time, the caller too.

A worker is any process of the trial but the caller, whoever has started it.  What is done to it
depends on nothing inside of it: its handlers and its mask of signals, its descriptors, its session
and its threads may be what they like.  How long a process has computed is in /proc/PID/stat, with
all of its threads: proc_pid_stat(5).

The watcher is a child of nobody who waits for children, and has a session of its own.
"""

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn, Protocol

from tests.scenarios.protocol import Log
from tests.system import processes
from tests.system.asleep import Sleep

INSIDE = signal.SIGURG
"""The signal at which a worker does what it can only do itself.  Its default is to be ignored."""

_LOOK_EVERY = 2  # milliseconds between two looks at the workers
_SIGNAL_EVERY = 1  # millisecond between two signals to each
_SLEEP_EVERY = 1  # millisecond between two looks at who sleeps
_IDLE = 500  # milliseconds between two looks at the caller, where it has no pidfd
_REQUEST = 65536  # bytes
_LONG = 10  # times as long as asked for: who else has not computed by then will not do so


class Seen(NamedTuple):
    """What the watcher has seen of the processes beside the caller since it was told to look.

    cpu: seconds that each has computed, by pid.
    struck: the pids that were struck.
    deaf: those that were not struck, because the signal would not have had the due effect.
    slept: seconds in which they all slept, and the caller too; see `tests.system.asleep`.
    """

    cpu: dict[int, float]
    struck: list[int]
    deaf: list[int]
    slept: float

    @property
    def longest(self) -> float:
        """The seconds of the one that has computed for longest."""
        return max(self.cpu.values(), default=0.0)


class Watcher:
    """The watcher, as the scenario sees it.  What it is told holds until `report` is called."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def _ask(self, **request: Any) -> dict[str, Any]:
        self._control.send(json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(self._control.recv(_REQUEST))
        return answer

    def count(self) -> None:
        """Let it count who computes."""
        self._ask(do="count")

    def strike(self, way: str | int, count: int, after: float) -> None:
        """Let it strike the first *count* processes that have computed, all at the same time.

        way: a signal; or what the worker does itself when INSIDE comes, see `injection.hear`.
        after: seconds of computing.
        """
        self._ask(do="strike", way=way, count=count, after=after)

    def disturb(self) -> None:
        """Let it send INSIDE to each process every millisecond."""
        self._ask(do="disturb")

    def sleep(self) -> None:
        """Let it measure for how long all processes of the run sleep, the caller too."""
        self._ask(do="sleep")

    def report(self) -> Seen:
        """Let it do no more; return what it has seen."""
        answer = self._ask(do="report")
        cpu = {int(pid): seconds for pid, seconds in answer.get("cpu", {}).items()}
        struck, deaf = answer.get("struck", []), answer.get("deaf", [])
        return Seen(cpu, struck, deaf, answer.get("slept", 0.0))


def possible() -> bool:
    """Tell whether there is a /proc to look at."""
    return bool(processes.pids())


@contextlib.contextmanager
def watcher(log: Log) -> Iterator[Watcher | None]:
    """Give a watcher of this process and its workers, or None where there is no /proc.

    Call this before any run, and before the births of workers are seen: it forks.
    """
    if not possible():
        yield None
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    caller = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            if os.fork() == 0:
                _watch(theirs, log, caller)
        finally:
            os._exit(0)
    theirs.close()
    with contextlib.suppress(ChildProcessError):  # where SIGCHLD is ignored
        os.waitpid(child, 0)
    with ours:
        ours.recv(_REQUEST)  # it is ready
        yield Watcher(ours)


# -- in the watcher --------------------------------------------------------------------------


class _Others:
    """The processes of the trial but the caller and the watcher."""

    def __init__(self, caller: int) -> None:
        self._mark = processes.mark_of(caller)
        # In a world of its own, all processes are of the trial but the first: tests.worlds.keeper.
        self._apart = {caller, os.getpid()} | (set() if self._mark else {1})
        self._ours: dict[int, bool] = {}

    def look(self) -> list[processes.Stat]:
        """Return them as they are now."""
        pids = processes.pids()
        self._ours = {pid: ours for pid, ours in self._ours.items() if pid in pids}
        found = []
        for pid in pids:
            if pid in self._apart or self._ours.get(pid) is False:
                continue
            with contextlib.suppress(OSError):  # hidepid, proc(5)
                stat = processes.stat(pid)
                if stat is not None and self._is_ours(stat):
                    found.append(stat)
        return found

    def _is_ours(self, stat: processes.Stat) -> bool:
        if self._mark and stat.pid not in self._ours:
            of_ours = self._ours.get(stat.ppid, False) or stat.ppid in self._apart
            self._ours[stat.pid] = of_ours or processes.mark_of(stat.pid) == self._mark
        return not self._mark or self._ours[stat.pid]


class _Task(Protocol):
    """What the watcher does at each look."""

    every: int
    """Milliseconds between two looks."""

    def look(self, stats: list[processes.Stat]) -> None: ...

    def report(self) -> dict[str, Any]: ...


class _Count:
    every = _LOOK_EVERY

    def __init__(self, stats: list[processes.Stat]) -> None:
        self._before = {stat.pid: _computed(stat) for stat in stats}
        self.cpu: dict[int, float] = {}

    def look(self, stats: list[processes.Stat]) -> None:
        for stat in stats:
            self.cpu[stat.pid] = _computed(stat) - self._before.get(stat.pid, 0.0)

    def report(self) -> dict[str, Any]:
        computed = {pid: round(seconds, 3) for pid, seconds in self.cpu.items() if seconds}
        return {"cpu": computed}


def _computed(stat: processes.Stat) -> float:
    return stat.ticks / processes.TICKS


class _Strike:
    every = _LOOK_EVERY

    def __init__(
        self, stats: list[processes.Stat], log: Log, way: str | int, count: int, after: float
    ) -> None:
        self._count = _Count(stats)
        # One that computes before the run has been left by an earlier one; kept workers wait.
        self._left = {stat.pid for stat in stats if stat.state in processes.RUNNABLE}
        self._log, self._way, self._most, self._after = log, way, count, after
        self._struck: list[int] = []
        self._deaf: list[int] = []
        self._done = False

    def look(self, stats: list[processes.Stat]) -> None:
        self._count.look(stats)
        if self._done:
            return
        cpu = self._count.cpu
        alive = [
            stat.pid
            for stat in stats
            if stat.state not in processes.ENDED and stat.pid not in self._left
        ]
        amid = [pid for pid in alive if cpu[pid] >= self._after]
        if len(amid) >= self._most or any(cpu[pid] >= _LONG * self._after for pid in amid):
            self._done = True
            for pid in amid[: self._most]:
                self._strike(pid)

    def _strike(self, pid: int) -> None:
        inside = not isinstance(self._way, int)
        if self._is_deaf(pid):
            self._deaf.append(pid)
            return
        self._struck.append(pid)
        if self._way == signal.SIGSTOP:
            self._log("born", pid=pid, number=len(self._struck))
        elif not inside:  # before it, for what it causes comes at once
            self._log("injected", pid=pid, way=self._way)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, INSIDE if inside else int(self._way))

    def _is_deaf(self, pid: int) -> bool:
        """Tell whether the signal would not have the due effect on a process."""
        status = f"/proc/{pid}/status"
        if not isinstance(self._way, int):
            return not processes.hears(status, INSIDE)
        return self._way != signal.SIGSTOP and processes.outlives(status, self._way)

    def report(self) -> dict[str, Any]:
        return self._count.report() | {"struck": self._struck, "deaf": self._deaf}


class _Disturb:
    every = _SIGNAL_EVERY

    def __init__(self, stats: list[processes.Stat]) -> None:
        self._sent = set[int]()

    def look(self, stats: list[processes.Stat]) -> None:
        for stat in stats:
            with contextlib.suppress(ProcessLookupError):
                os.kill(stat.pid, INSIDE)
                self._sent.add(stat.pid)

    def report(self) -> dict[str, Any]:
        return {"struck": sorted(self._sent)}


class _Sleep:
    every = _SLEEP_EVERY

    def __init__(self, caller: int) -> None:
        self._caller = caller
        self._sleep = Sleep()

    def look(self, stats: list[processes.Stat]) -> None:
        self._sleep.look([self._caller, *(stat.pid for stat in stats)])

    def report(self) -> dict[str, Any]:
        return {"slept": self._sleep.seconds}


def _watch(control: socket.socket, log: Log, caller: int) -> NoReturn:
    """Be the watcher until the scenario, or the caller, ends."""
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    kept = sorted({control.fileno(), log.fileno()})
    for low, high in zip([2, *kept], [*kept, os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
    log("watches")
    control.send(b"{}")
    others = _Others(caller)
    poller = select.poll()
    poller.register(control, select.POLLIN)
    rests: int | None = _IDLE
    with contextlib.suppress(OSError, AttributeError):  # a sandbox; not Linux
        poller.register(os.pidfd_open(caller), select.POLLIN)  # its end: pidfd_open(2)
        rests = None
    task: _Task | None = None
    while True:
        ready = dict(poller.poll(task.every if task else rests))
        if control.fileno() in ready:
            if not (data := control.recv(_REQUEST)):
                os._exit(0)
            request = json.loads(data)
            if request["do"] == "report":
                answer = {}
                if task is not None:
                    task.look(others.look())
                    answer, task = task.report(), None
                control.send(json.dumps(answer).encode())
            else:
                task = _task(request, others.look(), log, caller)
                control.send(b"{}")
        if processes.state(caller) in processes.ENDED:
            os._exit(0)
        if task is not None:
            task.look(others.look())


def _task(request: dict[str, Any], stats: list[processes.Stat], log: Log, caller: int) -> _Task:
    what = request.pop("do")
    if what == "strike":
        return _Strike(stats, log, **request)
    if what == "sleep":
        return _Sleep(caller)
    return _Count(stats) if what == "count" else _Disturb(stats)
