"""Callers in odd states, and what a run has changed of theirs."""

import atexit
import contextlib
import ctypes
import gc
import inspect
import locale
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios import Log
from tests.scenarios.faults import CPU, Births, after_cpu, die, in_caller
from tests.system import resources

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_MAY_HANDLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
# Blocked or handled, it would be the suite's own tools that fail.
_SPARED = {signal.SIGVTALRM}


def snapshot() -> dict[str, str]:
    """Return what a caller has that a run has no business with."""
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
        # As the kernel has them: not all that C sets is known to the signal module.
        # But 32 and 33, which the C library handles from the first thread on, nptl(7).
        seen["signals"] = [
            (line.split()[0], int(line.split()[1], 16) & ~(0b11 << 31))
            for line in status
            if line.startswith("Sig") and "SigQ" not in line
        ]
    return {what: repr(value) for what, value in seen.items()}


def _both(module: ModuleType, log: Log, births: Births, **more: Any) -> None:
    """Run once well, and once with the first child killed at birth."""
    log.call(module.run, 100, 3, **more)
    births.arm(
        lambda number: die(signal.SIGKILL) if number == 1 else None,
        ["tests.scenarios.faults:first_dies"],
    )
    log.call(module.run, 100, 3, struck=True, **more)
    births.arm(None)


def _handle(number: int, frame: FrameType | None) -> None:
    """Do nothing, as a handler that must stay."""


def _signals() -> Iterator[tuple[str, Callable[[], object]]]:
    yield "as it is", lambda: None
    yield "SIGCHLD ignored", partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN)
    yield "SIGCHLD handled", partial(signal.signal, signal.SIGCHLD, _handle)
    yield "SIGPIPE deadly", partial(signal.signal, signal.SIGPIPE, signal.SIG_DFL)
    yield (
        "all blocked",
        partial(signal.pthread_sigmask, signal.SIG_BLOCK, _MAY_HANDLE - _SPARED),
    )

    def arm() -> None:
        for number, timer in zip(("SIGALRM", "SIGVTALRM", "SIGPROF"), _TIMERS, strict=True):
            signal.signal(getattr(signal, number), _handle)
            signal.setitimer(timer, 1000.0)

    yield "timers armed", arm

    def wake() -> None:
        end = os.pipe()[1]
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)

    yield "wakeup descriptor", wake


def signalled(module: ModuleType, log: Log) -> None:
    """Run in callers whose signals are set in odd ways."""
    _in_callers(module, log, dict(_signals()))


def _in_callers(
    module: ModuleType, log: Log, states: dict[str, Callable[[], object]], warm: bool = True
) -> None:
    """For each state fork a caller, put it into that state, and run; tell what has changed."""
    births = Births()
    for name, enter in states.items():

        def act(mine: Log, name: str = name, enter: Callable[[], object] = enter) -> None:
            if warm:  # here: a server of workers that a run has started is of no use to a fork
                module.run(2, 2)
            enter()
            before, had = snapshot(), resources.of_this_process()
            _both(module, mine, births, case=name)
            gc.collect()
            after = snapshot()
            changed = [what for what in before if before[what] != after[what]]
            mine("changed", case=name, what=changed, new=resources.added_since(had))

        in_caller(log, name, act)


def _close(fds: tuple[int, ...]) -> None:
    for fd in fds:
        os.close(fd)


def _odd_places() -> Iterator[tuple[str, Callable[[], object]]]:
    yield "as it is", lambda: None
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        yield f"closed {closed}", partial(_close, closed)

    def crowd() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        fd = os.open(os.devnull, os.O_RDONLY)
        while fd < 1100:  # past FD_SETSIZE, select(2)
            fd = os.dup(fd)

    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 2048:
        yield "1100 descriptors", crowd

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
    for name in _ODD_NAMES:
        yield f"TMPDIR {name[:12]!r}", partial(_settle, name)


_ODD_NAMES = (b"long" * 50, b"with space", b"not \xff unicode", "ümläut".encode())


def _settle(name: bytes) -> None:
    os.environb[b"TMPDIR"] = os.path.join(os.environb[b"TMPDIR"], name)
    tempfile.tempdir = None


def placed(module: ModuleType, log: Log) -> None:
    """Run in callers with odd descriptors, directories and masks; and in another thread."""
    places = [os.path.join(os.environb[b"TMPDIR"], name) for name in _ODD_NAMES]
    for place in places:
        os.mkdir(place)
    _in_callers(module, log, dict(_odd_places()), warm=False)
    for place in places:
        with contextlib.suppress(OSError):  # something was left in it: so is it, then
            os.rmdir(place)
    thread = threading.Thread(target=log.call, args=(module.run, 100, 3), kwargs={"case": "thread"})
    with warnings.catch_warnings():
        _allow_fork_in_threads()
        thread.start()
        thread.join()


def _allow_fork_in_threads() -> None:
    # CPython 3.12+ warns of the fork, not of the caller's threads, which are the case here.
    warnings.filterwarnings("ignore", ".*use of fork.*", DeprecationWarning)


def crowd(module: ModuleType, log: Log, processes: int, threads: int) -> None:
    """Run in many processes at once, and in many threads at once, each with its own n."""
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
        _allow_fork_in_threads()
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
    """Run with children of the caller's own: one dead, one alive, one stopped."""
    births = Births()
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
    """Run with text in buffers and with clean-up to do; tell who did it.

    n: terms that take a while, for a worker to raise amid them.
    """
    path = Path(tempfile.mkdtemp()) / "printed"
    births = Births()
    out = os.dup(1)
    with open(path, "wb") as target:
        os.dup2(target.fileno(), 1)
    libc = ctypes.CDLL(None)
    file = open(path, "a")  # noqa: SIM115 - to be written to while workers come and go
    other = type("Other", (), {})()
    finalizer = weakref.finalize(other, log, "cleaned", what="finalize")
    atexit.register(log, "cleaned", what="atexit")
    # Nothing is flushed before the runs are over: each is in a buffer that forks copy.
    sys.stdout.write("[python]")
    libc.printf(b"[c]")
    file.write("[file]")
    try:
        log.call(module.run, 100, 3)
        births.arm(lambda number: after_cpu(CPU, _raise))
        log.call(module.run, n, 3, struck=True)
        births.arm(lambda number: die(signal.SIGKILL) if number == 1 else None)
        log.call(module.run, 100, 3, struck=True)
    finally:
        log("cleaned", what="finally")
    births.arm(None)
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
    """Run with every warning an error; tell what changed and what could not be raised."""
    births = Births()
    first = snapshot()
    module.run(2, 2)
    gc.collect()
    now = snapshot()
    # What is imported at the first run may change the rest.
    kept = ("garbage collector", "limits", "environment", "niceness", "umask", "directory")
    once = [what for what in kept if first[what] != now[what]]
    os.umask(0o026)  # what the run before may have set once is not what is there now
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


def timed(module: ModuleType, log: Log, n: int, seconds: float) -> None:
    """Run with timeouts that pass, that do not, and that are none.

    n: terms that take longer than *seconds*.
    """
    if "timeout" not in inspect.signature(module.run).parameters:
        log("untimed")
        return
    births = Births()
    run = module.run
    run(2, 2, timeout=30)
    before = resources.of_this_process()
    log.call(partial(run, timeout=30), 100, 3, case="ample")
    log.call(partial(run, timeout=10.0**12), 100, 3, case="ample")
    log.call(partial(run, timeout=None), 100, 3, case="ample")
    births.arm(lambda number: os.kill(os.getpid(), signal.SIGSTOP), ["tests.scenarios.faults:stop"])
    log.call(partial(run, timeout=seconds), 100, 3, case="passed")
    births.arm(None)
    log.call(partial(run, timeout=seconds), n, 3, case="passed")
    log.call(partial(run, timeout=1e-9), 100, 64, case="passed")
    births.arm(None)
    for bad in (0, -1, float("nan"), float("inf"), True, "1"):
        log.call(partial(run, timeout=bad), 100, 3, case="bad", forks=births.count)
    gc.collect()
    log("inside", new=resources.added_since(before))


NAMES = ("pi", "result", "fifo", "socket", "queue", "pi.sock", "tmp", "shm", "sem", "mq", "0")


def foreign(module: ModuleType, log: Log) -> None:
    """Run amid objects of other programs, with the names that a careless one would choose."""
    name = module.__name__.rpartition(".")[2]
    # The fork after next may well have one of these pids.
    pids = [str(os.getpid() + more) for more in range(40)]
    # Each once: a file that is laid where a link is would be made where the link leads.
    names = list(dict.fromkeys([*NAMES, name, *(f"{name}-{pid}" for pid in pids[:3]), *pids]))
    with contextlib.ExitStack() as stack:
        laid = [_in_directory(stack, place, names) for place in (os.environ["TMPDIR"], os.curdir)]
        laid += [_queues(stack, names), _ports(stack)]
        before = [look() for look in laid]
        for number in range(4):
            log.call(module.run, 100 + number, 3)
        after = [look() for look in laid]
        log(
            "laid",
            count=sum(map(len, before)),
            lost=[
                f"{had} -> {has}"
                for olds, news in zip(before, after, strict=True)
                for had, has in zip(olds, news, strict=True)
                if had != has
            ],
        )


def _in_directory(
    stack: contextlib.ExitStack, place: str, names: list[str]
) -> Callable[[], list[str]]:
    paths = []
    for number, name in enumerate(names):
        path = os.path.join(place, name)
        if number % 5 == 0:
            os.mkfifo(path)
        elif number % 5 == 1:
            Path(path).write_bytes(b"\0" * 8)
        elif number % 5 == 2:
            os.symlink("/nowhere", path)
        elif number % 5 == 3:
            os.mkdir(path)
        else:
            with socket.socket(socket.AF_UNIX) as stale, contextlib.suppress(OSError):
                stale.bind(path)  # longer than sun_path, perhaps
        if os.path.lexists(path):
            paths.append(path)
            remove = os.rmdir if number % 5 == 3 else os.unlink
            stack.callback(_let_go, partial(remove, path), FileNotFoundError)

    def look() -> list[str]:
        seen = []
        for path in paths:
            try:
                info = os.lstat(path)
            except FileNotFoundError:
                seen.append(f"{path} gone")
            else:
                seen.append(f"{path} {info.st_ino} {info.st_mode:o} {info.st_size} {info.st_mtime}")
        return seen

    return look


def _queues(stack: contextlib.ExitStack, names: list[str]) -> Callable[[], list[str]]:
    looks: list[Callable[[], str]] = []
    with contextlib.suppress(ImportError):
        import sysv_ipc  # noqa: PLC0415 - may be missing

        keys = [
            1,
            2,
            3,
            1234,
            12345,
            *(sysv_ipc.ftok(os.environ["TMPDIR"], i, True) for i in (0, 1)),
        ]
        for key in keys:
            # There already, or not to be had here, as in a sandbox.
            with contextlib.suppress(OSError, sysv_ipc.Error):
                queue = sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600)
                stack.callback(_let_go, queue.remove, sysv_ipc.ExistentialError)
                queue.send(b"\0" * 8)
                looks.append(partial(_count, queue))
    with contextlib.suppress(ImportError):
        import posix_ipc  # noqa: PLC0415 - may be missing

        for name in names[:12]:
            # What another program has under such a name is there already, and left alone; and where
            # /dev/shm is absent or read-only, none can be had.
            with contextlib.suppress(OSError, posix_ipc.Error):
                memory = posix_ipc.SharedMemory(f"/{name}", posix_ipc.O_CREX, size=8)
                memory.close_fd()
                _unlink_later(stack, memory, name, posix_ipc.ExistentialError)
                looks.append(partial(_shared, posix_ipc, name))
            with contextlib.suppress(OSError, posix_ipc.Error):
                semaphore = posix_ipc.Semaphore(f"/{name}", posix_ipc.O_CREX, initial_value=0)
                stack.callback(semaphore.close)
                # Before that: the unlink of one that is closed finds none.
                _unlink_later(stack, semaphore, f"sem.{name}", posix_ipc.ExistentialError)
                looks.append(partial(_value, semaphore))
    return lambda: [look() for look in looks]


def _unlink_later(
    stack: contextlib.ExitStack, thing: Any, file: str, gone: type[Exception]
) -> None:
    """Unlink shared memory or a semaphore in the end, unless its name leads to another by then.

    file: its name in /dev/shm, where Linux has it: shm_overview(7), sem_overview(7).
    """
    path = os.path.join("/dev/shm", file)  # noqa: S108 - looked at

    def look() -> tuple[int, int] | None:
        try:
            info = os.lstat(path)
        except OSError:
            return None
        return info.st_dev, info.st_ino

    made = look()
    stack.callback(lambda: _let_go(thing.unlink, gone) if look() == made else None)


def _let_go(remove: Callable[[], object], gone: type[Exception]) -> None:
    with contextlib.suppress(gone):
        remove()


def _count(queue: Any) -> str:
    try:
        return f"queue {queue.key}: {queue.current_messages} messages"
    except Exception as error:  # noqa: BLE001 - whatever: it is not as it was
        return repr(error)


def _value(semaphore: Any) -> str:
    return f"semaphore {semaphore.name}: {semaphore.value}"


def _shared(posix_ipc: Any, name: str) -> str:
    try:
        memory = posix_ipc.SharedMemory(f"/{name}")
    except posix_ipc.ExistentialError:
        return f"memory {name} is gone"
    with open(memory.fd, "rb") as file:
        return f"memory {name}: {os.fstat(file.fileno()).st_ino} {file.read()!r}"


def _ports(stack: contextlib.ExitStack) -> Callable[[], list[str]]:
    for port in (5000, 8000, 8080, 8888, 9999, 12345):
        with contextlib.suppress(OSError):
            squatter = stack.enter_context(socket.socket())
            squatter.bind(("127.0.0.1", port))
            squatter.listen()
    return list


def slow(module: ModuleType, log: Log, seconds: float) -> None:
    """Let each child wait for *seconds* at its birth."""
    births = Births()
    births.arm(lambda number: time.sleep(seconds))
    log.call(module.run, 100, 2)
