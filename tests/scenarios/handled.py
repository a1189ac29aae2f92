"""A scenario in which an exception of a handler ends a run whose workers have much left to do."""

import contextlib
import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios.injection import Births, after_cpu
from tests.scenarios.protocol import Log
from tests.system.deadline import Deadline

_STRIKES = signal.SIGUSR1
_OTHERS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR2)

_WORKERS = 2
_AMID = 0.001  # seconds of CPU: at the next tick of the system a worker computes
_OVER = 255  # in place of the number of a run
_PAUSE = 0.01  # seconds between two looks whether its run is over
_RESTS = 4.0  # seconds: a run that waits for such a worker is late


class Stop(TimeoutError):  # noqa: N818 - it is no error
    """What the handler raises, as that of a time limit does: it is an OSError, too."""


def ended(module: ModuleType, log: Log, n: int) -> None:
    """Let a handler raise in the caller when a worker is amid its work; each worker rests there.

    Once for each way in which the caller has set the other signals.

    n: terms for which the workers compute for longer than _AMID.
    """
    births = Births(log)
    module.run(_WORKERS, _WORKERS)
    if not births.forked:
        log("missed", why="its workers are not forked by the caller")
        return
    signal.signal(_STRIKES, signal.SIG_IGN)
    turn = mmap.mmap(-1, 1)
    for number, (way, setting) in enumerate(_SETTINGS.items()):
        turn[0] = number
        with setting(), _raising(log, way):
            births.arm_forked(partial(_rest, os.getpid(), turn, number))
            log.call(module.run, n, _WORKERS, way=way)
            births.disarm()
            turn[0] = _OVER


@contextlib.contextmanager
def _raising(log: Log, way: str) -> Iterator[None]:
    """Raise Stop at the first _STRIKES, and log that."""
    struck = False

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal struck
        if not struck:
            struck = True
            log("interrupts", way=way)
            raise Stop

    signal.signal(_STRIKES, handler)
    try:
        yield
    finally:
        signal.signal(_STRIKES, signal.SIG_IGN)


def _rest(caller: int, turn: mmap.mmap, mine: int, number: int) -> None:
    """In a child: strike the caller when this child is amid its work, and rest there.

    turn: the run that goes on; a child that has outlived its own one does not strike.
    """

    def act() -> None:
        if turn[0] == mine:
            os.kill(caller, _STRIKES)
        deadline = Deadline(_RESTS)
        while turn[0] == mine and not deadline.is_over():
            time.sleep(_PAUSE)

    after_cpu(_AMID, act)


@contextlib.contextmanager
def _with(handler: Callable[..., None] | signal.Handlers) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _OTHERS}
    try:
        yield
    finally:
        for number, had in before.items():
            signal.signal(number, had)


@contextlib.contextmanager
def _blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OTHERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_SETTINGS: dict[str, Callable[[], contextlib.AbstractContextManager[None]]] = {
    "default": contextlib.nullcontext,
    "handled": partial(_with, lambda signum, frame: None),
    "ignored": partial(_with, signal.SIG_IGN),
    "blocked": _blocked,
}
"""How the caller has set the signals of _OTHERS, by which a run may end its workers."""
