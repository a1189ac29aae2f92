"""Scenarios with callers in unusual states; what a run changes in its caller."""

import atexit
import contextlib
import ctypes
import gc
import locale
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios.callers import allow_fork_in_threads, in_caller
from tests.scenarios.injection import CPU, Births, after_cpu, die, kill_first
from tests.scenarios.protocol import Log, inject
from tests.system import resources

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_MAY_HANDLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
_OWN_SIGNAL = {signal.SIGVTALRM}  # the suite needs it: see `injection.after_cpu`

# select(2) cannot take descriptors past FD_SETSIZE, which is 1024.
_PAST_FD_SETSIZE = 1100
_ENOUGH_DESCRIPTORS = 2048
_MANY_DESCRIPTORS = 4096

# Bits of the signals 32 and 33 in a mask of /proc/PID/status. The C library handles them from the
# first thread on: nptl(7).
_OF_THE_C_LIBRARY = 0b11 << 31

_FAR = 1000.0  # seconds, after which a timer expires: long after the end of the trial


def snapshot() -> dict[str, str]:
    """Return the settings of this process that a run must not change."""
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    mask = os.umask(0)
    os.umask(mask)
    seen: dict[str, Any] = {
        "handlers": [signal.getsignal(number) for number in sorted(_MAY_HANDLE)],
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "wakeup descriptor": wakeup,
        "armed timers": [signal.getitimer(timer) != (0.0, 0.0) for timer in _TIMERS],
        "umask": mask,
        "environment": sorted(os.environb.items()),
        "random state": hash(random.getstate()),
        "limits": [
            resource.getrlimit(getattr(resource, name))
            for name in sorted(dir(resource))
            if name.startswith("RLIMIT_")
        ],
        "garbage collector": (gc.isenabled(), gc.get_threshold()),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "warning filters": warnings.filters,
        "threads": threading.active_count(),
        "niceness": os.nice(0),
        "streams": (id(sys.stdin), id(sys.stdout), id(sys.stderr), id(sys.excepthook)),
        "module path": sys.path,
    }
    with contextlib.suppress(FileNotFoundError):
        seen["directory"] = os.getcwd()
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        # The module signal does not know all that C code has set. The kernel does.
        seen["signals"] = [
            (line.split()[0], int(line.split()[1], 16) & ~_OF_THE_C_LIBRARY)
            for line in status
            if line.startswith("Sig") and "SigQ" not in line
        ]
    return {what: repr(value) for what, value in seen.items()}


def _both(module: ModuleType, log: Log, births: Births, **more: Any) -> None:
    """Run once without a fault, and once with the first child killed at birth."""
    log.call(module.run, 100, 3, **more)
    births.arm(inject(kill_first))
    log.call(module.run, 100, 3, injected=True, **more)
    births.disarm()


def _handle(number: int, frame: FrameType | None) -> None:
    """Do nothing.  After a run, this must still be the handler."""


def _signals() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield states of the signals of a caller: a name, and what brings it about."""
    yield "as it is", lambda: None
    yield "SIGCHLD ignored", partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN)
    yield "SIGCHLD handled", partial(signal.signal, signal.SIGCHLD, _handle)
    yield "SIGPIPE deadly", partial(signal.signal, signal.SIGPIPE, signal.SIG_DFL)
    yield (
        "all blocked",
        partial(signal.pthread_sigmask, signal.SIG_BLOCK, _MAY_HANDLE - _OWN_SIGNAL),
    )

    def arm() -> None:
        for number, timer in zip(("SIGALRM", "SIGVTALRM", "SIGPROF"), _TIMERS, strict=True):
            signal.signal(getattr(signal, number), _handle)
            signal.setitimer(timer, _FAR)

    yield "timers armed", arm

    def wake() -> None:
        end = os.pipe()[1]
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)

    yield "wakeup descriptor", wake


def signalled(module: ModuleType, log: Log) -> None:
    """Run in callers with unusual settings of signals."""
    _in_callers(module, log, dict(_signals()))


def _in_callers(
    module: ModuleType, log: Log, states: dict[str, Callable[[], object]], warm: bool = True
) -> None:
    """For each state fork a caller that enters it and runs; log what has changed.

    warm: whether to run once before that.  This is done in the forked caller: if a run starts a
        server of workers, a fork of the process that has started it cannot use that server.
    """
    births = Births(log)
    for name, enter in states.items():

        def act(log: Log, name: str = name, enter: Callable[[], object] = enter) -> None:
            if warm:
                module.run(2, 2)
            enter()
            before, had = snapshot(), resources.of_this_process()
            _both(module, log, births, case=name)
            gc.collect()
            after = snapshot()
            changed = [what for what in before if before[what] != after[what]]
            log("changed", case=name, what=changed, new=resources.added_since(had))

        in_caller(log, name, act)


def _close(fds: tuple[int, ...]) -> None:
    for fd in fds:
        os.close(fd)


def _places() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield states of the descriptors, directories and masks of a caller, as _signals does."""
    yield "as it is", lambda: None
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        yield f"closed {closed}", partial(_close, closed)

    def fill() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _MANY_DESCRIPTORS), hard))
        fd = os.open(os.devnull, os.O_RDONLY)
        while fd < _PAST_FD_SETSIZE:
            fd = os.dup(fd)

    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= _ENOUGH_DESCRIPTORS:
        yield "1100 descriptors", fill

    def delete() -> None:
        os.chdir(tempfile.mkdtemp())
        os.rmdir(os.getcwd())

    yield "deleted directory", delete
    for mask in (0, 0o777):
        yield f"umask {mask:o}", partial(os.umask, mask)

    def bare() -> None:
        for name in ("HOME", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME"):
            os.environ.pop(name, None)
        tempfile.tempdir = None

    yield "neither HOME nor TMPDIR", bare
    for name in _UNUSUAL_NAMES:
        yield f"TMPDIR {name[:12]!r}", partial(_use_directory, name)


# Of directories; the first is longer than the path of a socket may be, unix(7).
_UNUSUAL_NAMES = (b"long" * 50, b"with space", b"not \xff unicode", "ümläut".encode())


def _use_directory(name: bytes) -> None:
    os.environb[b"TMPDIR"] = os.path.join(os.environb[b"TMPDIR"], name)
    tempfile.tempdir = None


def placed(module: ModuleType, log: Log) -> None:
    """Run in callers with unusual descriptors, directories and masks; and in another thread."""
    places = [os.path.join(os.environb[b"TMPDIR"], name) for name in _UNUSUAL_NAMES]
    for place in places:
        os.mkdir(place)
    _in_callers(module, log, dict(_places()), warm=False)
    for place in places:
        with contextlib.suppress(
            OSError
        ):  # a run has left something in it, which the harness will find
            os.rmdir(place)
    thread = threading.Thread(target=log.call, args=(module.run, 100, 3), kwargs={"case": "thread"})
    with warnings.catch_warnings():
        allow_fork_in_threads()
        thread.start()
        thread.join()


def crowd(module: ModuleType, log: Log, processes: int, threads: int) -> None:
    """Run in many processes at once, then in many threads at once, each with its own n."""
    start, starter = os.pipe()
    callers = []
    for number in range(processes):
        caller = os.fork()
        if caller == 0:
            try:
                os.close(starter)
                os.read(start, 1)
                for more in range(3):
                    log.again().call(module.run, 100 + 7 * number + more, 3)
            finally:
                os._exit(0)
        callers.append(caller)
    os.close(start)
    os.close(starter)
    for caller in callers:
        os.waitpid(caller, 0)
    before = resources.of_this_process()
    with warnings.catch_warnings():
        allow_fork_in_threads()
        barrier = threading.Barrier(threads)

        def work(number: int) -> None:
            barrier.wait()
            for more in range(3):
                log.call(module.run, 1000 + 7 * number + more, 3)

        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
    gc.collect()
    log("inside", new=resources.added_since(before))


def parental(module: ModuleType, log: Log) -> None:
    """Run while the caller has children of its own: one dead, one alive, one stopped."""
    births = Births(log)
    module.run(2, 2)
    pids = []
    for number in (None, signal.SIGSTOP):
        pid = os.fork()
        if pid == 0:
            try:
                if number:
                    os.kill(os.getpid(), number)
                while True:
                    signal.pause()
            finally:
                os._exit(0)
        pids.append(pid)
    dead = os.fork()
    if dead == 0:
        os._exit(7)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    os.waitid(os.P_PID, pids[1], os.WSTOPPED | os.WNOWAIT)
    _both(module, log, births)
    states = []
    for pid in (dead, *pids):
        try:
            result = os.waitid(os.P_PID, pid, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
            states.append(f"{result.si_code} {result.si_status}" if result else "alive")
        except ChildProcessError:
            states.append("reaped")
    log("children", states=states)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in (dead, *pids):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def buffered(module: ModuleType, log: Log, n: int) -> None:
    """Run with text in buffers and with clean-up to do; log who writes and who cleans up.

    n: terms that take long enough for a worker to raise amid them.
    """
    path = Path(tempfile.mkdtemp()) / "printed"
    births = Births(log)
    out = os.dup(1)
    with open(path, "wb") as target:
        os.dup2(target.fileno(), 1)
    libc = ctypes.CDLL(None)
    file = open(path, "a")  # noqa: SIM115 - it stays open during the runs
    other = type("Other", (), {})()
    finalizer = weakref.finalize(other, log, "cleaned", what="finalize")
    atexit.register(log, "cleaned", what="atexit")
    # Each text stays in a buffer until the runs are over, and a fork copies the buffer.
    sys.stdout.write("[python]")
    libc.printf(b"[c]")
    file.write("[file]")
    try:
        log.call(module.run, 100, 3)
        births.arm_forked(lambda number: after_cpu(CPU, _raise))
        log.call(module.run, n, 3, injected=True)
        births.arm_forked(lambda number: die(signal.SIGKILL) if number == 1 else None)
        log.call(module.run, 100, 3, injected=True)
    finally:
        log("cleaned", what="finally")
    births.disarm()
    sys.stdout.flush()
    libc.fflush(None)
    file.close()
    os.dup2(out, 1)
    os.close(out)
    log("printed", text=path.read_text())
    path.unlink()
    path.parent.rmdir()
    finalizer()


def _raise() -> None:
    raise ZeroDivisionError("planted by the suite")


def quiet(module: ModuleType, log: Log) -> None:
    """Run with every warning an error; log what has changed, and errors that Python ignored."""
    births = Births(log)
    first = snapshot()
    module.run(2, 2)
    gc.collect()
    now = snapshot()
    # Imports of the first run may change other settings.
    kept = ("garbage collector", "limits", "environment", "niceness", "umask", "directory")
    once = [what for what in kept if first[what] != now[what]]
    os.umask(0o026)  # other values than a run may have set before
    os.chdir(os.environ["HOME"])
    random.seed(8)
    unraised: list[str] = []
    sys.unraisablehook = lambda args: unraised.append(repr(args.exc_value))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = snapshot()
        _both(module, log, births)
        gc.collect()
        after = snapshot()
    sys.unraisablehook = sys.__unraisablehook__
    changed = [what for what in before if before[what] != after[what]]
    log("changed", case="warnings are errors", what=once + changed + unraised, new=[])
