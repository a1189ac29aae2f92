"""What is beside a run: others that run too, and children that hold its descriptors."""

import contextlib
import gc
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios.callers import allow_fork_in_threads, in_caller, well_and_struck
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.system import resources

_MOST = 100  # children of the caller's own; a run of three workers has some ten descriptors


def crowd(module: ModuleType, log: Log, processes: int, threads: int, *, forks: bool) -> None:
    """Run in many processes at once, then in many threads at once, each with its own n.

    The processes are forked by one that has been in a run, and have copies of all that it keeps.

    forks: whether workers are forked; else they may have a server, which these cannot use.
    """

    def act(log: Log) -> None:
        if forks:
            module.run(2, 2)
        _processes(module, log, processes)

    in_caller(log, "processes", act)
    _threads(module, log, threads)


def _processes(module: ModuleType, log: Log, count: int) -> None:
    start, starter = os.pipe()
    callers = []
    for number in range(count):
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


def _threads(module: ModuleType, log: Log, count: int) -> None:
    before = resources.of_this_process()
    with warnings.catch_warnings():
        allow_fork_in_threads()
        barrier = threading.Barrier(count)

        def work(number: int) -> None:
            barrier.wait()
            for more in range(3):
                log.call(module.run, 1000 + 7 * number + more, 3)

        workers = [threading.Thread(target=work, args=(number,)) for number in range(count)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
    gc.collect()
    log("inside", new=resources.added_since(before))


class Holders:
    """Children of the caller's own, of which each holds all descriptors that the caller has had.

    One is forked whenever the caller has a new descriptor: so whatever a run opens is open in one
    of them too, until they are told to end.  That is what another thread does that forks all the
    while, but it does not depend on time.
    """

    def __init__(self, births: Births) -> None:
        self._births = births
        self._caller = os.getpid()
        self._until_told, self._tell = os.pipe()
        self._pids: list[int] = []
        self._lowest = self._lowest_free()

    def _lowest_free(self) -> int:
        """Return the number of the next descriptor: it rises when one is opened, open(2)."""
        fd = os.dup(self._until_told)
        os.close(fd)
        return fd

    def _profile(self, frame: FrameType, event: str, arg: Any) -> None:
        if os.getpid() != self._caller:  # a worker
            sys.setprofile(None)
        elif event in ("c_return", "return") and len(self._pids) < _MOST:
            before, self._lowest = self._lowest, self._lowest_free()
            if self._lowest > before:
                self._fork()

    def _fork(self) -> None:
        pid = self._births.fork_aside()
        if pid == 0:
            try:
                sys.setprofile(None)
                os.close(self._tell)
                os.read(self._until_told, 1)  # up to the end of the caller at the latest
            finally:
                os._exit(0)
        self._pids.append(pid)

    @contextlib.contextmanager
    def forked(self) -> Iterator[None]:
        """Fork them in this block, and end them after it."""
        sys.setprofile(self._profile)
        threading.setprofile(self._profile)
        try:
            yield
        finally:
            threading.setprofile(None)
            sys.setprofile(None)
            # A byte for each: no end of file comes while a kept worker has the other end too.
            os.write(self._tell, b"." * len(self._pids))
            for pid in self._pids:
                with contextlib.suppress(ChildProcessError):  # reaped by a run: see clause E3
                    os.waitpid(pid, 0)
            os.close(self._tell)
            os.close(self._until_told)


def held(module: ModuleType, log: Log) -> None:
    """Run twice, and once more with the first child killed, while `Holders` hold what it opens."""
    births = Births(log)

    def act(log: Log) -> None:
        module.run(2, 2)
        before = resources.of_this_process()
        with Holders(births).forked():
            # What those of one run still hold is no hindrance to the next.
            log.call(module.run, 100, 3, case="held")
            well_and_struck(module, log, births, case="held")
        gc.collect()
        log("inside", new=resources.added_since(before))

    in_caller(log, "held", act)
