"""Scenarios in which the caller forks children of its own while it is in a run."""

import gc
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios.callers import allow_fork_in_threads, ended_in, in_caller
from tests.scenarios.injection import AtForks, Births, log_birth, rest
from tests.scenarios.protocol import Log, inject
from tests.system import resources
from tests.system.deadline import Deadline

_TERMS, _WORKERS = 1000, 3

_PATIENCE = 2.0  # seconds in which the workers of a run are all forked
_LIMIT = 5.0  # seconds in which a child of the caller's leaves `run`
_CASE_LIMIT = 20.0  # seconds
_LOOK_EVERY = 1e-3  # seconds
_FOR_LONG = 600.0  # seconds: the harness ends such a child


def accompanied(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run for long while a child of the caller's own lives, which has inherited all descriptors.

    Another thread forks it when the workers are there.  The harness kills the caller.
    """
    births = Births(log)
    module.run(2, workers)
    total = births.count

    def fork() -> None:
        _await(lambda: births.count >= total)
        if births.fork_aside() == 0:
            try:
                log("foreign")
                time.sleep(_FOR_LONG)
            finally:
                os._exit(0)

    allow_fork_in_threads()
    births.arm(inject(rest), fresh=inject(log_birth))
    threading.Thread(target=fork, daemon=True).start()
    log.call(module.run, n, workers)


def _await(condition: Callable[[], bool]) -> None:
    deadline = Deadline(_PATIENCE)
    while not condition() and not deadline.is_over():
        time.sleep(_LOOK_EVERY)


def forked_meanwhile(module: ModuleType, log: Log) -> None:
    """Run while the caller forks children of its own, which live, end, or leave `run` by raising.

    The workers wait at their birth until that has been done.
    """
    births = Births(log)
    module.run(_TERMS, _WORKERS)
    forked = births.forked
    if not forked:
        log("unmet", why="the caller does not fork its workers")
        return
    cases: dict[str, Callable[..., None]] = {
        "a child that lives on": partial(_by_a_thread, lives=True),
        "a child that ends": partial(_by_a_thread, lives=False),
        "a child that leaves run by an exception": _by_a_handler,
    }
    for name, case in cases.items():
        act = partial(_in_case, module=module, births=births, forked=forked, name=name, case=case)
        in_caller(log, name, act, _CASE_LIMIT)


class _Gate:
    """A pipe at which the children of a run wait at their birth until it is opened."""

    def __init__(self, births: Births) -> None:
        self.reader, self._writer = os.pipe()
        births.arm_forked(self._wait)

    def _wait(self, number: int) -> None:
        poller = select.poll()
        poller.register(self.reader, select.POLLIN)
        poller.poll(2 * _LIMIT * 1000)

    def open(self) -> None:
        """Let all children pass, also those that come later: nobody takes the byte."""
        os.write(self._writer, b".")


def _in_case(
    log: Log,
    module: ModuleType,
    births: Births,
    forked: int,
    name: str,
    case: Callable[..., None],
) -> None:
    allow_fork_in_threads()
    gate = _Gate(births)
    before = resources.of_this_process()
    case(module, log, births, forked, gate, name)
    gc.collect()
    log("inside", new=resources.added_since(before))


def _by_a_thread(
    module: ModuleType,
    log: Log,
    births: Births,
    forked: int,
    gate: _Gate,
    name: str,
    *,
    lives: bool,
) -> None:
    """Another thread forks a child, which ends at once or after the run.

    It does so when the run is about to fork its last child, so this one has inherited all
    descriptors: also those that the run closes right after that fork.

    forked: children of a run.
    """
    until_told, tell = os.pipe()
    at_fork, go_on = threading.Event(), threading.Event()
    main = threading.get_ident()
    pids = []

    def pause() -> None:
        if threading.get_ident() == main and births.forked == forked - 1:
            at_fork.set()
            go_on.wait(_LIMIT)

    def fork() -> None:
        at_fork.wait(_LIMIT)
        pid = births.fork_aside()
        if pid == 0:
            try:
                os.close(tell)
                if lives:
                    os.read(until_told, 1)
            finally:
                os._exit(0)
        pids.append(pid)
        if not lives:
            ended_in(pid, _LIMIT)
        go_on.set()
        gate.open()

    AtForks(pause)
    thread = threading.Thread(target=fork)
    thread.start()
    log.call(module.run, _TERMS, _WORKERS, case=name)
    thread.join()
    os.close(tell)
    os.close(until_told)
    if lives:
        ended_in(pids[0], _LIMIT)


def _by_a_handler(
    module: ModuleType, log: Log, births: Births, forked: int, gate: _Gate, name: str
) -> None:
    """Let a handler that breaks into the run fork a child, which leaves `run` by SystemExit."""
    children: list[int] = []
    struck = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal struck
        if struck:
            return
        struck = True
        pid = births.fork_aside()
        children.append(pid)
        if pid == 0:
            sys.exit()
        if ended_in(pid, _LIMIT) is None:
            log("failed", case=name, error=f"the child did not leave run in {_LIMIT:.0f} s")
        gate.open()

    def run(n: int, workers: int) -> float:
        try:
            value: float = module.run(n, workers)
            return value
        finally:
            if children == [0]:  # this is the child: it has left `run`
                os._exit(0)

    signal.signal(signal.SIGALRM, handler)
    AtForks(lambda: None if struck else os.kill(os.getpid(), signal.SIGALRM))
    log.call(run, _TERMS, _WORKERS, case=name)
    if not children:
        log("unmet", why="a run had no fork or let no handler in: there was no child to leave it")
