"""Scenarios of test_callers: what holders of descriptors do, and where there are no namespaces."""

import os
import select
import signal
from types import ModuleType

from tests.scenarios import odd_callers
from tests.scenarios.bystanders import Holders
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.system import namespaces

_SHORT = 50  # milliseconds


def held(module: ModuleType, log: Log) -> None:
    """Close the only write end of a pipe while children of `Holders` live, and after that."""
    holders = Holders(Births(log))
    with holders.forked():
        reader, writer = os.pipe()
        os.close(writer)
        during = _at_its_end(reader)
    log("children", states=[during, _at_its_end(reader)])


def kept(module: ModuleType, log: Log) -> None:
    """Fork a child that outlives the block, as a pool keeps its workers."""
    with Holders(Births(log)).forked():
        os.close(os.dup(0))
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def without_namespaces(module: ModuleType, log: Log) -> None:
    """Run in callers of all kinds where the system refuses namespaces."""

    def refuse(flags: int = 0, *, user: bool = True) -> None:
        raise namespaces.Refused("unshare: Operation not permitted")

    namespaces.leave = refuse
    odd_callers.of_all_kinds(module, log, forks=True)


def _at_its_end(reader: int) -> bool:
    poller = select.poll()
    poller.register(reader)
    return bool(poller.poll(_SHORT))
