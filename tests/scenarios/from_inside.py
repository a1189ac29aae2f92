"""What handlers and timers in forked workers do where there is no /proc to watch workers by.

A worker that resets or blocks signals is not met by them.  See `watching` for the usual way.
"""

import atexit
import signal
from collections.abc import Callable

from tests.scenarios.injection import CPU, after_cpu, end_now, signal_every_millisecond
from tests.scenarios.protocol import Log

TICK = 0.01  # seconds of CPU between two ticks of a worker


def end_amid_work(log: Log, way: str | int, take: Callable[[], bool]) -> None:
    """End this process when it is amid its work, if it gets a ticket: see `injection.tickets`."""

    def act() -> None:
        if take():
            end_now(log, way)

    after_cpu(CPU, act)


def signal_often() -> None:
    """Send this process a signal every millisecond, from now until it exits."""
    signal_every_millisecond(lambda signum, frame: None)
    # At its exit Python removes the handler, and then the signal would kill the process.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def log_work(log: Log) -> None:
    """Log a tick each time that this process has computed for TICK seconds more."""

    def tick() -> None:
        log("tick")
        after_cpu(TICK, tick)

    after_cpu(TICK, tick)
