"""A scenario in which each process rests before it waits: what was to wake it has come by then."""

import sys
import time
from collections import Counter
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log

# Functions in C by which a process waits for others.
WAITS = {
    "pause", "sigwait", "sigwaitinfo", "sigtimedwait", "poll", "select", "control", "acquire",
    "read", "readinto", "recv", "recv_into", "recvfrom", "recvmsg", "accept", "receive",
    "semop", "P", "flock", "lockf",
}  # fmt: skip
_RESTS = 0.03  # seconds: longer than the others take to do what it waits for
_TIMES = 2  # that a process rests before each of these functions


def rested(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run while the caller and its children rest before they wait."""
    births = Births(log)
    module.run(n, workers)
    births.arm_forked(lambda number: sys.setprofile(_Rests()))
    sys.setprofile(_Rests())
    log.call(module.run, n, workers)
    sys.setprofile(None)
    births.disarm()


class _Rests:
    """A profile function that rests before functions in C of a name in WAITS."""

    def __init__(self) -> None:
        self._times = Counter[str]()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        """Rest, if a function that waits is about to be called."""
        if event != "c_call":
            return
        name = getattr(arg, "__name__", "")
        if name in WAITS and self._times[name] < _TIMES:
            self._times[name] += 1
            time.sleep(_RESTS)  # a handler may run meanwhile
