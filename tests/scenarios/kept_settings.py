"""What a run changes in its caller: the settings of clauses E2 (signals) and E6 (all others)."""

import asyncio
import contextlib
import ctypes
import decimal
import faulthandler
import gc
import io
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import termios
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios import stacks
from tests.scenarios.callers import in_caller, well_and_struck
from tests.scenarios.injection import AtForks, Births
from tests.scenarios.lost_wakes import WAITS
from tests.scenarios.protocol import Log
from tests.system import resources, settings
from tests.system.settings.signals import CAN_HANDLE, STEP, TIMERS

_OWN_SIGNAL = {signal.SIGVTALRM}  # the suite needs it: see `injection.after_cpu`

# Those that faulthandler.enable() handles.  After another handler, the fault would come again.
_OF_FAULTS = {signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL}

# Seconds after which a timer expires: long after the end of the trial, and amid a step, so that
# what is left of it is in the same step after a run.
_FAR = 10.5 * STEP

_WAITS = WAITS | {"waitpid", "waitid"}
_LOOKS = 6  # at the settings, before each of these: one costs some milliseconds
_RESTS = 0.1  # seconds: longer than the looks after the last fork take

# What a thread has for itself: no other one can see what it is amid a run.
_OF_A_THREAD = {
    f"{what} of the caller"
    for what in ("the running loop of asyncio", "sys.get_asyncgen_hooks()", "decimal.getcontext()")
}

_TERMINAL = "the standard input is a terminal"
_FILE = "the standard input is a file"

# Variables that libraries obey, and that a run may want to set for its workers.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _handle(number: int, frame: FrameType | None) -> None:
    """Do nothing.  After a run, this must still be the handler."""


def _signals() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield states of the signals of a caller: a name, and what brings it about."""
    yield "as it is", lambda: None
    yield "SIGCHLD ignored", partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN)
    yield "SIGCHLD handled", partial(signal.signal, signal.SIGCHLD, _handle)
    yield "SIGPIPE deadly", partial(signal.signal, signal.SIGPIPE, signal.SIG_DFL)
    yield "all blocked, and two of them pending", _block

    def arm() -> None:
        for number, timer in zip(("SIGALRM", "SIGVTALRM", "SIGPROF"), TIMERS, strict=True):
            signal.signal(getattr(signal, number), _handle)
            signal.setitimer(getattr(signal, timer), _FAR)

    yield "timers armed", arm

    def wake() -> None:
        end = os.pipe()[1]
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)

    yield "wakeup descriptor", wake
    yield "handled by C code", _handle_in_c


def _block() -> None:
    """Block all signals, of which two have come that would end this process: sigpending(2).

    A thread that a run has left, or that is about to end, does not block them: then they are sent
    to the main thread alone.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, CAN_HANDLE - _OWN_SIGNAL)
    main = threading.main_thread().ident
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
        if len(resources.tasks()) > 1 and main is not None:
            signal.pthread_kill(main, number)
        else:
            os.kill(os.getpid(), number)


def _handle_in_c() -> None:
    """Let C code handle each signal: faulthandler, or a function that Python does not know of.

    Extensions and runtimes of other languages set such.  getpid(2) does nothing, and a handler may
    call it: signal-safety(7).
    """
    faulthandler.enable(all_threads=False)
    library = ctypes.CDLL(None)
    address = ctypes.cast(library.getpid, ctypes.c_void_p)
    for number in CAN_HANDLE - _OWN_SIGNAL - _OF_FAULTS - {stacks.SIGNAL}:
        library.signal(int(number), address)


def signalled(module: ModuleType, log: Log) -> None:
    """Run in callers with unusual settings of signals; log what a run changes in these.

    Each caller is forked, and runs once before it enters its state.  It does that itself: if a run
    starts a server of workers, a fork of the process that has started it cannot use that server.
    """
    births = Births(log)
    for name, enter in _signals():

        def act(log: Log, name: str = name, enter: Callable[[], object] = enter) -> None:
            first = settings.of_signals()
            module.run(2, 2)
            once = settings.changes(first, settings.of_signals())
            enter()
            before, had = settings.of_signals(), resources.of_this_process()
            well_and_struck(module, log, births, case=name)
            gc.collect()
            each = settings.changes(before, settings.of_signals())
            # A timer that is left is a change, which is told already.
            new = [found for found in resources.added_since(had) if found.kind != "timer"]
            log("changed", case=name, what=_sentences(once, each), new=new)

        in_caller(log, name, act)


def quiet(module: ModuleType, log: Log) -> None:
    """Let a caller run that leads neither a session nor a group; log what has changed in it.

    Its settings have other values than the usual ones.  Two more callers have the usual values: one
    may be what a run sets.  Their standard inputs are a terminal, which all processes share, and a
    file, of which all processes have one offset.
    """
    in_caller(log, "warnings are errors", partial(_quiet, module))
    in_caller(log, _TERMINAL, partial(_as_usual, module, case=_TERMINAL, enter=_enter_terminal))
    in_caller(log, _FILE, partial(_as_usual, module, case=_FILE, enter=_enter_file))


def _enter_terminal() -> None:
    """Let a new terminal be the standard input, if there are any."""
    with contextlib.suppress(OSError):
        os.dup2(os.openpty()[1], 0)


def _enter_file() -> None:
    """Let a file be the standard input, which is read in part."""
    with tempfile.TemporaryFile() as file:
        os.write(file.fileno(), b"a line\nand another\n")
        os.dup2(file.fileno(), 0)
    os.lseek(0, len(b"a line\n"), os.SEEK_SET)


def _as_usual(module: ModuleType, log: Log, case: str, enter: Callable[[], None]) -> None:
    """Run with the usual settings and a standard input by *enter*; log what has changed."""
    enter()
    before = settings.of_the_rest({0})
    births = Births(log)
    well_and_struck(module, log, births)
    changed = settings.changes(settings.without_imports(before), settings.of_the_rest({0}))
    log("changed", case=case, what=_sentences({}, changed), new=[])


def _quiet(module: ModuleType, log: Log) -> None:
    """Run with every warning an error; log what has changed, and errors that Python ignored."""
    gc.unfreeze()  # the zygote has called freeze, which a run must not do
    _enter_terminal()
    kept = _descriptors()
    first = _steady(kept)
    births = Births(log)
    module.run(2, 2)
    gc.collect()
    once = settings.changes(settings.without_imports(first), settings.of_the_rest(kept))
    _set_others()
    unraised: list[str] = []
    sys.unraisablehook = lambda args: unraised.append(repr(args.exc_value))
    kept = settings.open_descriptors()
    amid: dict[str, str] = {}

    def look() -> None:
        if not amid:
            found = settings.changes(before, settings.of_the_rest(kept))
            amid.update({what: how for what, how in found.items() if what not in _OF_A_THREAD})

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        waits = _AtWaits(look)
        sys.setprofile(waits)
        before = settings.of_the_rest(kept)
        AtForks(look)
        waits.armed = True
        births.arm_forked(lambda number: time.sleep(_RESTS))  # so that the first run waits
        well_and_struck(module, log, births)
        gc.collect()
        waits.armed = False
        each = settings.changes(before, settings.of_the_rest(kept))
    sys.setprofile(None)
    sys.unraisablehook = sys.__unraisablehook__
    what = _sentences(once, each)
    what += [f"{what}: {how}; changed for a while" for what, how in amid.items() - each.items()]
    what += [f"an exception that Python had to ignore: {error}" for error in unraised]
    log("changed", case="warnings are errors", what=what, new=[])


class _AtWaits:
    """A profile function that looks before a C function of this process that may wait.

    armed: whether it does so.
    """

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._caller = os.getpid()
        self._looks = Counter[str]()
        self.armed = False

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        """Look, or let a child go on without this function."""
        if os.getpid() != self._caller:
            sys.setprofile(None)
        elif event == "c_call" and self.armed:
            name = getattr(arg, "__name__", "")
            if name in _WAITS and self._looks[name] < _LOOKS:
                self._looks[name] += 1
                self._look()


def _sentences(once: dict[str, str], each: dict[str, str]) -> list[str]:
    """Return what the first run has changed for good, and what later runs have, in sentences."""
    found = [f"{what}: {how}; changed by a run" for what, how in each.items()]
    return found + [
        f"{what}: {how}; changed by the first run" for what, how in once.items() if what not in each
    ]


def _steady(fds: set[int]) -> settings.Settings:
    """Return the settings without those that change by themselves, as a process works."""
    first = settings.of_the_rest(fds)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return settings.only_steady(first, settings.of_the_rest(fds))


def _descriptors() -> set[int]:
    """Open a file, a pipe, sockets and a terminal; return all descriptors that are open."""
    fd, path = tempfile.mkstemp()
    os.unlink(path)
    os.write(fd, b"the offset is at the end")
    reader, _ = os.pipe()
    os.set_blocking(reader, False)
    for end in socket.socketpair():
        end.detach()
    with contextlib.suppress(OSError):  # there is no device for terminals
        os.openpty()
    return settings.open_descriptors()


def _set_others() -> None:
    """Give settings other values than a run may have set before, and than there are usually."""
    os.umask(0o026)
    os.chdir(os.environ["HOME"])
    os.nice(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            _lower(getattr(resource, name))
    random.seed(8)
    with contextlib.suppress(locale.Error):  # there may be no other one than "C"
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    gc.disable()
    sys.setswitchinterval(sys.getswitchinterval() * 2)
    decimal.getcontext().prec += 1
    asyncio.set_event_loop(_Loop())  # type: ignore[abstract]  # it is not used
    os.environ.update(dict.fromkeys(_THREADS, "3"))
    _set_of_python()
    _set_of_stdin()


def _set_of_python() -> None:
    """Set what a run may put back to what it is usually, and not to what it was."""
    socket.setdefaulttimeout(_FAR)
    sys.setrecursionlimit(sys.getrecursionlimit() + 1)
    sys.set_int_max_str_digits(sys.get_int_max_str_digits() + 1)
    sys.set_coroutine_origin_tracking_depth(1)
    gc.set_threshold(*(threshold + 1 for threshold in gc.get_threshold()))
    threading.stack_size(1 << 20)
    tempfile.tempdir = tempfile.gettempdir()
    logging.disable(logging.DEBUG)
    multiprocessing.current_process().name = "the caller"
    sys.displayhook = lambda value: None
    sys.excepthook = lambda kind, value, traceback: None
    threading.excepthook = lambda args: None
    # They write where they did before.
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), line_buffering=True)


def _set_of_stdin() -> None:
    """Let the standard input not block, and its terminal, if it has one, not echo: termios(3)."""
    os.set_blocking(0, False)
    with contextlib.suppress(termios.error):
        attributes = termios.tcgetattr(0)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, attributes)


class _Loop(asyncio.AbstractEventLoop):
    """The event loop of a caller: asyncio.run() replaces it."""


def _lower(limit: int) -> None:
    """Let a soft limit be less than the hard one, by as little as can be."""
    soft, hard = resource.getrlimit(limit)
    if soft == hard != resource.RLIM_INFINITY and hard > 1:
        with contextlib.suppress(OSError, ValueError):  # this one takes no such value
            resource.setrlimit(limit, (hard - 1, hard))
