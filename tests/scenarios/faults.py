"""What is done to a transport, inside the interpreter that it has for itself.

Each function takes the module on trial, the log, and plain parameters.  Workers are met
through the doors that CPython gives to everybody: os.register_at_fork at their birth,
interval timers in the midst of their work, sys.setprofile at each call into C.  Nothing of
the module is read or patched.
"""

import atexit
import contextlib
import ctypes
import errno
import gc
import json
import math
import mmap
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType, ModuleType
from typing import Any, NoReturn

from tests.scenarios import Log, spawned_workers
from tests.system import resources

PAUSE = 0.05  # seconds in which all workers come to where one of them is

_OPEN_MAX = 10240  # <sys/syslimits.h> of macOS, whose setrlimit(2) takes no more

CPU_AFRESH = 0.5  # seconds of computing after which a worker that started afresh is amid its work
CPU = 0.02  # seconds of computing after which a worker is in the midst of its work


class Births:
    """Numbers the children of this process from 1, and strikes the ones chosen."""

    def __init__(self) -> None:
        self._forked = 0
        self.strike: Callable[[int], None] | None = None
        os.register_at_fork(before=self._before, after_in_child=self._in_child)

    @property
    def count(self) -> int:
        """The children since the last call of arm, be they forked or started afresh."""
        return self._forked + spawned_workers.count()

    @property
    def forked(self) -> int:
        """The children that share the memory of this process."""
        return self._forked

    def _before(self) -> None:
        self._forked += 1

    def _in_child(self) -> None:
        # A forked worker may fork again: its children are none of ours.
        strike, self.strike = self.strike, None
        if strike is not None:
            strike(self.count)

    def arm(self, strike: Callable[[int], None] | None, afresh: list[Any] | None = None) -> None:
        """From now on call *strike* with its number in each new child.

        afresh: the same for children that do not share this memory: see `spawned_workers.order`.
        """
        self._forked = 0
        self.strike = strike
        spawned_workers.order(afresh)


def leave() -> NoReturn:
    """End a caller that was forked.

    The directory in which multiprocessing has its sockets goes at the exit of a program, which
    this is not: its finalizer is the last, of priority -100.
    """
    try:
        if (util := sys.modules.get("multiprocessing.util")) is not None:
            for (priority, _), finalizer in list(util._finalizer_registry.items()):
                if priority == -100:
                    finalizer()
    finally:
        os._exit(0)


def in_caller(log: Log, name: str, act: Callable[[Log], None]) -> None:
    """Fork a caller that does *act* with a log of its own, and wait for its end."""
    caller = os.fork()
    if caller == 0:
        mine = log.again()
        try:
            act(mine)
        except BaseException as error:  # noqa: BLE001 - it must not get out of here
            mine("failed", case=name, error=repr(error))
        finally:
            leave()
    _, status = os.waitpid(caller, 0)
    if status:
        log("failed", case=name, error=f"ended with {os.waitstatus_to_exitcode(status)}")


def die(how: str | int) -> None:
    """End this process: by a signal, or by 'exit' with status 0."""
    if how == "exit":
        os._exit(0)
    number = int(how)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)


def _die_after(delay: float) -> None:
    """Let SIGALRM end this process *delay* seconds from now, wherever it is then."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, delay)


def after_cpu(seconds: float, act: Callable[[], None]) -> None:
    """Call *act* in this process when it has computed for *seconds*."""

    def handler(signum: int, frame: FrameType | None) -> None:
        act()

    signal.signal(signal.SIGVTALRM, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM})
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def _lift_limits() -> None:
    """Raise the soft limits on descriptors and processes, for runs with hundreds of workers."""
    for name, most in (
        (resource.RLIMIT_NOFILE, _OPEN_MAX),
        (resource.RLIMIT_NPROC, resource.RLIM_INFINITY),
    ):
        soft, hard = resource.getrlimit(name)
        asked = min((most, hard), key=_size)
        if _size(asked) > _size(soft):
            with contextlib.suppress(OSError, ValueError):  # above a limit of the kernel's own
                resource.setrlimit(name, (asked, hard))


def _size(limit: int) -> float:
    return math.inf if limit == resource.RLIM_INFINITY else limit


def calls(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Run each (n, workers); what the process has is compared before and after all."""
    _lift_limits()
    log.call(module.run, 1, 1, warm=True)
    before = resources.of_this_process()
    for n, workers in cases:
        log.call(module.run, n, workers)
    gc.collect()
    log("inside", new=resources.added_since(before))


def shortened(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Do the same with each read and write cut short, by the library in LD_PRELOAD."""
    ctypes.CDLL(None).short_io_begin()
    calls(module, log, cases)


def serve(module: ModuleType, log: Log) -> None:
    """Run each (n, workers) that comes in on standard input, a line of JSON each."""
    for line in sys.stdin:
        log.call(module.run, *json.loads(line))


def repeated(module: ModuleType, log: Log, n: int, workers: int, times: int) -> None:
    """Run the same *times* times, and tell each outcome once, and what has grown since."""
    logged: set[str] = set()
    for _ in range(3):
        log.call(module.run, n, workers, once=logged)
    gc.collect()
    before = resources.of_this_process()
    memory = _resident()
    for _ in range(times):
        log.call(module.run, n, workers, once=logged)
    gc.collect()
    log("inside", new=resources.added_since(before))
    log("repeated", times=times, grown=_resident() - memory)


def _resident() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def arguments(module: ModuleType, log: Log) -> None:
    """Give arguments that are none, and tell of each whether anything was made for it."""
    module.run(2, 2)
    births = Births()
    births.arm(None)
    wrong: list[tuple[Any, Any]] = [(-1, 2), (2, 0), (2, -1), (-5, -5)]
    for value in (True, False, 2.0, "2", None, 1e3, float("nan"), b"2", [2], 2 + 0j):
        wrong += [(value, 2), (2, value)]
    before = _made()
    for n, workers in wrong:
        births.arm(None)
        outcome = log.call(module.run, n, workers)
        made = _made()
        log(
            "made",
            n=outcome["n"],
            workers=outcome["workers"],
            births=births.count,
            new=resources.added(before, made),
        )
        before = made


def _made() -> resources.Inventory:
    places = (os.environ["TMPDIR"], os.getcwd())
    return (resources.of_this_process() | resources.system_v()).union(*map(resources.files, places))


def struck(
    module: ModuleType,
    log: Log,
    how: Sequence[str | int],
    when: str,
    n: int,
    workers: int,
    several: int = 0,
    again: bool = False,
) -> None:
    """Strike children of a run: each in turn, once in each way in *how*, or some at once.

    how: "exit", "raise" or a signal number.
    when: "birth", before the child has done anything; or "work", amid its computation.
        Then whoever computes first is struck: a child that does not compute is no worker.
    several: that many children at once (-1: all).
    again: whether to run once more after each, with nobody struck; what an error has left
        would be overwritten by it, or removed.
    """
    births = Births()
    module.run(2, workers)
    total = births.count
    log("births", count=total)
    before = resources.of_this_process()
    if several:
        size = several if several > 0 else (total if when == "birth" else workers)
        groups = [set(range(total - size + 1, total + 1))]
    elif when == "birth":
        groups = [{number} for number in range(1, total + 1)]
    else:
        groups = [{1}] * workers

    for way in how:
        for victims in groups:
            # The pipe holds a ticket, a byte, for each victim: who reads one is struck.
            tickets, write_end = os.pipe()
            os.write(write_end, b"." * len(victims))
            os.set_blocking(tickets, False)

            def act(way: str | int = way, tickets: int = tickets) -> None:
                try:
                    os.read(tickets, 1)
                except BlockingIOError:
                    return
                log("struck")
                if way == "raise":
                    raise ZeroDivisionError("planted by the suite")
                die(way)

            def strike(number: int, victims: set[int] = victims, act: Any = act) -> None:
                if when == "work":
                    after_cpu(CPU, act)
                elif number in victims:
                    act()

            params = [spawned_workers.path_of(tickets), way, sorted(victims), when]
            births.arm(strike, ["tests.scenarios.faults:struck_afresh", *params])
            log.call(module.run, n, workers, way=way, victims=sorted(victims))
            births.arm(None)
            os.close(tickets)
            os.close(write_end)
            if again:
                log.call(module.run, 1000, workers, again=True)
    gc.collect()
    log("inside", new=resources.added_since(before))


def struck_afresh(
    log: Log, number: int, tickets: str, way: str | int, victims: list[int], when: str
) -> None:
    """Do what `struck` does to a worker that shares nothing with the caller."""

    def act() -> None:
        fd = os.open(tickets, os.O_RDONLY | os.O_NONBLOCK)
        try:
            os.read(fd, 1)
        except BlockingIOError:
            return
        finally:
            os.close(fd)
        log("struck")
        if way == "raise":
            raise ZeroDivisionError("planted by the suite")
        die(way)

    if when == "work":
        after_cpu(CPU_AFRESH, act)
    elif number in victims:
        act()


SEND = {
    "write", "writev", "pwrite", "send", "sendall", "sendmsg", "sendto", "send_bytes", "put",
    "msgsnd", "dump",
}  # fmt: skip
LOCK = {"acquire", "__enter__", "lockf", "flock", "semop", "P"}
UNLOCK = {"release", "__exit__", "lockf", "flock", "semop", "V"}
EXIT = {"_exit", "exit"}


class Profile:
    """Counts the calls that a child makes into C, and strikes at a chosen one.

    sys.setprofile reports "c_call" before and "c_return" after each, in the process that
    makes it: between two system calls there is always one of these points.  So are the
    calls of acquire and release, should they be Python around ctypes.  Names go to
    the caller through memory that both map.
    """

    _WIDTH = 24
    _MOST = 4000

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._WIDTH * self._MOST)

    def watch(
        self, point: int = 0, delay: float = -1.0, first: Callable[[], bool] | None = None
    ) -> None:
        """In the child: note each point, or die at the one given, at once or *delay* later.

        first: asked at the point; if it says so, the child waits there for a while and dies,
            or goes on.
        """
        seen = 0

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal seen
            if event.startswith("c_"):
                name = f"{event[2]} {getattr(arg, '__name__', '?')}"
            elif frame.f_code.co_name in ("acquire", "release"):
                name = f"{event[0]} {frame.f_code.co_name}"
            else:
                return
            seen += 1
            if not point and seen <= self._MOST:
                cell = name.encode()[: self._WIDTH]
                start = (seen - 1) * self._WIDTH
                self._memory[start : start + self._WIDTH] = cell.ljust(self._WIDTH)
            if seen == point:
                if first is not None:
                    if not first():
                        return
                    time.sleep(PAUSE)
                if delay < 0:
                    die(signal.SIGKILL)
                _die_after(delay)

        sys.setprofile(profile)

    def points(self) -> list[tuple[str, str]]:
        """In the caller: return ('c' for call or 'r' for return, name) of each point."""
        cells = self._memory[:].rstrip(b"\0")
        width = self._WIDTH
        names = [cells[i : i + width].decode().split() for i in range(0, len(cells), width)]
        self._memory[:] = bytes(len(self._memory))
        return [(event, name) for event, name in names]


def _chosen(stage: str, points: list[tuple[str, str]]) -> list[tuple[int, float]]:
    """Return the points, numbered from 1, and delays, at which to kill for *stage*."""
    sends = [i for i, (_, name) in enumerate(points, 1) if name in SEND]
    locks = [i for i, (e, name) in enumerate(points, 1) if e == "r" and name in LOCK]
    unlocks = [i for i, (e, name) in enumerate(points, 1) if e == "c" and name in UNLOCK]
    exits = [i for i, (_, name) in enumerate(points, 1) if name in EXIT]
    last = exits[0] if exits else len(points) + 1
    first = sends[0] if sends else (locks[0] if locks else last)
    delays = (1e-6, 1e-5, 3e-5, 1e-4, 3e-4)
    if stage == "before":
        return [(i, -1.0) for i in range(1, first)]
    if stage == "inside":
        entries = [i for i in sends if points[i - 1][0] == "c"] or unlocks or [last]
        return [(i, -1.0) for i in entries] + [(i, d) for i in entries for d in delays]
    if stage == "locked":
        held = range(locks[0], max(unlocks) + 1) if locks and unlocks else ()
        return [(i, -1.0) for i in held]
    if stage == "after":
        done = (sends or unlocks or [last])[-1]
        # Where no call sends, as with memory that is shared: when it is about to exit.
        return [(i, -1.0) for i in range(done, last)] or [(last, -1.0)]
    return [(i, -1.0) for i in exits] + [(i, d) for i in exits for d in delays]


def killed_at_c_calls(module: ModuleType, log: Log, stage: str, workers: int) -> None:
    """Kill each child at each of the points of *stage*, one run a point.

    stage: "before" its first send, "inside" a send, "locked", "after" its last send, "exit".
    """
    births, profile = Births(), Profile()
    module.run(workers, workers)
    total = births.count
    before = resources.of_this_process()

    def watch(child: int, *point: Any) -> Callable[[int], None]:
        return lambda number: profile.watch(*point) if number == child else None

    if total and not births.forked:
        # Before it does anything, a fresh interpreter makes thousands of calls into C.
        log("unmet", why="its workers are not forked from the caller: their calls are not met")
        return
    for child in range(1, total + 1):
        births.arm(watch(child))
        module.run(workers, workers)
        points = profile.points()
        for point, delay in _chosen(stage, points):
            births.arm(watch(child, point, delay))
            event, name = points[point - 1] if point <= len(points) else ("", "end")
            where = f"child {child}, {'before' if event == 'c' else 'after'} {name} (#{point})"
            log.call(module.run, workers, workers, where=where, delay=delay)
    births.arm(None)
    gc.collect()
    log("inside", new=resources.added_since(before))


def queued(module: ModuleType, log: Log, workers: int) -> None:
    """Kill the first child that comes to a lock, or to a send, when all are behind it.

    It dies at each point at which it has the lock or, where there is none, is about to send,
    after a pause in which the others come as far as they can.
    """
    births, profile = Births(), Profile()
    module.run(workers, workers)
    last = births.count  # a worker; the first may be a helper

    def watch(number: int) -> None:
        if number == last:
            profile.watch()

    births.arm(watch)
    module.run(workers, workers)
    points = profile.points()
    stage = "locked" if _chosen("locked", points) else "inside"
    for point in sorted({point for point, _ in _chosen(stage, points)}):
        tickets, write_end = os.pipe()
        os.write(write_end, b".")
        os.set_blocking(tickets, False)

        def first(tickets: int = tickets) -> bool:
            try:
                return bool(os.read(tickets, 1))
            except BlockingIOError:
                return False

        def strike(number: int, point: int = point, first: Callable[[], bool] = first) -> None:
            profile.watch(point, first=first)

        births.arm(strike)
        log.call(module.run, workers, workers, where=f"{stage}, point #{point}")
        births.arm(None)
        os.close(tickets)
        os.close(write_end)


def unforked(module: ModuleType, log: Log, workers: int) -> None:
    """Let os.fork fail for want of processes, at each of the forks of a run.

    The audit event "os.fork" comes before the system call; what a hook raises is raised by
    os.fork (PEP 578).
    """
    births = Births()
    module.run(2, workers)
    total = births.forked
    before = resources.of_this_process()
    left = -1

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event == "os.fork" and left >= 0:
            left -= 1
            if left < 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    sys.addaudithook(hook)
    for fork in range(total):
        births.arm(None)
        left = fork
        log.call(module.run, 1000, workers, where=f"fork #{fork + 1}")
        left = -1
    gc.collect()
    log("inside", new=resources.added_since(before))


def random_kills(module: ModuleType, log: Log, seed: int, times: int, workers: int) -> None:
    """Kill a child at a random time of its life, *times* times."""
    random.seed(seed)
    births = Births()
    module.run(2, workers)
    total = births.count
    for _ in range(times):
        victim, delay = random.randint(1, max(1, total)), random.uniform(1e-6, 3e-3)

        def strike(number: int, victim: int = victim, delay: float = delay) -> None:
            if number == victim:
                _die_after(delay)

        births.arm(strike, ["tests.scenarios.faults:dies_after", victim, delay])
        log.call(module.run, 20000, workers, victim=victim, delay=delay)


def interrupted(module: ModuleType, log: Log, n: int, workers: int, times: int) -> None:
    """Run with a signal every millisecond, in the caller and in each worker."""
    caught = 0

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal caught
        caught += 1

    def every_millisecond(number: int = 0) -> None:
        signal.signal(signal.SIGALRM, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)

    births = Births()
    every_millisecond()
    for _ in range(times):
        births.arm(every_millisecond, ["tests.scenarios.faults:beaten"])
        log.call(module.run, n, workers)
    signal.setitimer(signal.ITIMER_REAL, 0)
    log("caught", count=caught)


def calibrated(module: ModuleType, log: Log, workers: int) -> None:
    """Find the n for which the children of a run compute for 0.25 s in all.

    How fast a transport computes is its own affair, and how much memory it takes for it.
    """
    n, spent, took = 10_000, 0.0, 0.0
    while spent < 0.25 and took < 3 and n < 10**12:
        n *= min(16, max(2, int(0.3 / max(spent, 0.01))))
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        module.run(n, workers)
        took = time.monotonic() - start
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    log("calibrated", n=n, spent=spent)


def worked(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Tell who computes: CPU time of the caller and of its children, and which children.

    Each child says so for each 10 ms that it has computed.
    """
    births = Births()

    def tick() -> None:
        log("tick")
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.01)

    module.run(1, 1)
    for _ in range(2):
        births.arm(lambda number: after_cpu(0.01, tick), ["tests.scenarios.faults:ticking"])
        ours = resource.getrusage(resource.RUSAGE_SELF)
        theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
        log.call(module.run, n, workers)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_utime - ours.ru_utime
        work = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - theirs.ru_utime
        log("cpu", own=own, work=work, births=births.count)


def ticking(log: Log, number: int) -> None:
    """Tell each 10 ms that this process computes."""

    def tick() -> None:
        log("tick")
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.01)

    after_cpu(0.01, tick)


def stop(log: Log, number: int) -> None:
    """Tell the birth, and stop."""
    log("born", number=number)
    os.kill(os.getpid(), signal.SIGSTOP)


def born(log: Log, number: int) -> None:
    """Tell the birth."""
    log("born", number=number)


def first_dies(log: Log, number: int) -> None:
    """Kill the first of all."""
    if number == 1:
        die(signal.SIGKILL)


def dies_after(log: Log, number: int, victim: int, delay: float) -> None:
    """Let one die some time after its birth."""
    if number == victim:
        _die_after(delay)


def beaten(log: Log, number: int) -> None:
    """Have a signal every millisecond, until the interpreter has no handlers any more."""
    signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def stopped(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Let each child stop itself at birth; tell what the wait costs the caller."""
    births = Births()
    module.run(n, workers)
    log("births", count=births.count)
    _, usual = _spent(partial(module.run, n, workers))

    def strike(number: int) -> None:
        log("born", number=number)
        os.kill(os.getpid(), signal.SIGSTOP)

    births.arm(strike, ["tests.scenarios.faults:stop"])
    cpu, wakes = _spent(partial(log.call, module.run, n, workers))
    log("waited", cpu=cpu, wakes=wakes - usual)


def _spent(call: Callable[[], object]) -> tuple[float, int]:
    """Return the seconds of CPU, and the times that this process slept, in *call*."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    call()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_nvcsw - before.ru_nvcsw


def crowded(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with many workers, each of which tells its birth, for the caller to be stopped."""
    _lift_limits()
    births = Births()
    births.arm(lambda number: log("born", number=number), ["tests.scenarios.faults:born"])
    start = time.monotonic()
    log.call(module.run, n, workers)
    log("took", seconds=time.monotonic() - start)


def support(module: ModuleType, log: Log) -> None:
    """Tell what the module says of itself, see `tests.harness.Support`; run it, for its pace."""
    name = module.__name__
    expected = getattr(module, "EXPECTED_FAILURES", {})
    error = ""
    if not callable(getattr(module, "run", None)):
        error = f"{name} has no function run(n, workers)"
    elif not all(isinstance(text, str) for text in (*expected, *expected.values())):
        error = f"{name}.EXPECTED_FAILURES is not a dict of clauses and reasons"
    probe = getattr(module, "unsupported", lambda: None)
    reason = None if error else probe()
    if reason is not None and not isinstance(reason, str):
        error = f"{name}.unsupported() returned {reason!r}, not a reason or None"
    extra = getattr(module, "EXTRA", "")
    channel = None
    if not callable(getattr(module, "channel", None)):
        channel = getattr(module, "no_channel", "it has no channel(work, workers)")
    log("support", reason=reason, expected=expected, error=error, extra=extra, channel=channel)
    if reason is None and not error:
        births = Births()
        log.call(module.run, 4, 4, warm=True)
        log("forked", count=births.forked)
        log.call(module.run, 4, 4, warm=True)
