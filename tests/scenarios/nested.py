"""Scenarios with a run where another run of the same process is under way."""

import gc
import os
import random
import signal
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios.callers import allow_fork_in_threads, ended_in, in_caller, leave
from tests.scenarios.injection import AtForks, Births
from tests.scenarios.protocol import Log
from tests.system import resources

_TERMS, _WORKERS = 100, 2  # of the outer run
_INNER_TERMS, _INNER_WORKERS = 30, 2

_FORKS = 8  # children, each of which runs
_RUNS = 4  # into each of which a handler or a finalizer breaks, at each fork and once more

_LIMIT = 8.0  # seconds for each run in a child, some thousand times what it takes
_FORKS_IN = 2.0  # seconds in which a run comes to its next fork, if it forks at all
_CASE_LIMIT = 15.0  # seconds
_LATEST = 4e-3  # seconds from the start of a run: about the end of it
_EARLIEST = 1e-5


def everywhere(module: ModuleType, log: Log) -> None:
    """Run in forked children, in handlers and in finalizers, while another run is under way."""
    births = Births(log)
    module.run(_TERMS, _WORKERS)
    forks = births.forked > 0  # else there is no fork of the caller at which to break in
    cases: dict[str, Callable[[Log, str], None]] = {
        "a forked child": partial(_in_children, module, forks),
        "a handler": partial(_in_handlers, module, False),
        "a handler, with another thread": partial(_in_handlers, module, True),
        "a finalizer": partial(_in_finalizers, module),
    }
    for name, case in cases.items():

        def act(log: Log, name: str = name, case: Callable[[Log, str], None] = case) -> None:
            module.run(1, 1)  # a fork cannot use the server of workers of another process
            before = resources.of_this_process()
            case(log, name)
            gc.collect()
            log("inside", new=resources.added_since(before))

        in_caller(log, name, act, _CASE_LIMIT)


class _Inner:
    """The run within another one: it is not nested once more."""

    def __init__(self, module: ModuleType, log: Log, case: str) -> None:
        self._module, self._log, self._case = module, log, case
        self._process = os.getpid()
        self._logged: set[str] = set()
        self.outer = False  # whether the outer run is under way
        self.under_way = False
        self.count = 0

    def __call__(self) -> None:
        """Run, unless this is such a run already, or a worker of one."""
        if self.under_way or os.getpid() != self._process:
            return
        self.under_way = True
        self.count += self.outer
        run = self._module.run
        self._log.call(run, _INNER_TERMS, _INNER_WORKERS, once=self._logged, case=self._case)
        self.under_way = False

    def within(self, prepare: Callable[[], object]) -> None:
        """Make the outer runs, each after *prepare*; log how many runs came within them."""
        logged: set[str] = set()
        for _ in range(_RUNS):
            prepare()
            self.outer = True
            case = f"{self._case}: the run around it"
            self._log.call(self._module.run, _TERMS, _WORKERS, once=logged, case=case)
            self.outer = False
        self._log("nested", case=self._case, count=self.count)


def _in_handlers(module: ModuleType, with_thread: bool, log: Log, case: str) -> None:
    """Run in a handler of a signal that breaks into a run, at each of its forks and once more.

    with_thread: whether the process has a thread that sleeps.  The kernel may deliver a signal to
        it that the main thread has blocked, and then Python calls the handler in the main thread
        at its next bytecode (signal(7), Python's module signal).
    """
    inner = _Inner(module, log, case)

    def handler(number: int, frame: FrameType | None) -> None:
        inner()

    def strike() -> None:
        if not inner.under_way:
            os.kill(os.getpid(), signal.SIGALRM)

    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    if with_thread:
        allow_fork_in_threads()
        thread.start()
    signal.signal(signal.SIGALRM, handler)
    AtForks(strike)
    inner.within(lambda: signal.setitimer(signal.ITIMER_REAL, random.uniform(_EARLIEST, _LATEST)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    over.set()
    if with_thread:
        thread.join()


class _Garbage:
    """An object in a cycle, which only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def _in_finalizers(module: ModuleType, log: Log, case: str) -> None:
    """Run in a finalizer, when the collector finds garbage amid a run."""
    inner = _Inner(module, log, case)
    threshold = gc.get_threshold()
    gc.set_threshold(20, 2, 2)  # also between the forks, wherever objects are made

    def litter() -> None:
        weakref.finalize(_Garbage(), inner).atexit = False

    def collect() -> None:
        if not inner.under_way:
            litter()
            gc.collect()

    AtForks(collect)
    inner.within(litter)
    gc.set_threshold(*threshold)


def _in_children(module: ModuleType, forks: bool, log: Log, case: str) -> None:
    """Fork children while a thread of this process is in a run; each child runs too.

    Every other child is forked while the thread is about to fork a worker, and the others at
    random moments.

    forks: whether the module forks its workers.
    """
    allow_fork_in_threads()
    at_fork, go_on = threading.Event(), threading.Event()
    asked = stop = False
    logged: set[str] = set()

    def pause() -> None:
        if asked and threading.current_thread() is thread:
            at_fork.set()
            go_on.wait(_LIMIT)

    def stay_in_run() -> None:
        while not stop:
            log.call(module.run, _TERMS, _WORKERS, once=logged, case=f"{case}: the run beside it")

    thread = threading.Thread(target=stay_in_run)
    AtForks(pause)
    thread.start()
    for number in range(_FORKS):
        if asked := forks and number % 2 == 0:
            forks = at_fork.wait(_FORKS_IN)
        else:
            time.sleep(random.uniform(0, _LATEST))
        pid = os.fork()
        if pid == 0:
            try:
                log.again().call(module.run, _INNER_TERMS, _INNER_WORKERS, case=case)
            finally:
                leave()
        asked = False
        go_on.set()
        if ended_in(pid, _LIMIT) is None:
            where = "at a fork of the other run" if number % 2 == 0 else "at a random moment"
            log("failed", case=case, error=f"forked {where}, it did not end in {_LIMIT:.0f} s")
            break
        at_fork.clear()
        go_on.clear()
    stop = True
    go_on.set()
    thread.join()
    log("nested", case=case, count=_FORKS)
