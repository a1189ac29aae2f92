"""Cases: what is due while a caller still forks its workers, slowly."""

# A docstring here says what is due.

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.unit.cases import (
    WITH_A_NAME_AND_WITHOUT,
    Cases,
    Tick,
    gates,
    handled,
    has_ended,
    raised,
    until,
)
from transports import WorkerError

case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of channels."""
run_case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of `run`."""


class _SlowForks:
    """Makes each fork(2) of this process take 10 ms, and counts those that begin too late.

    What is forked sleeps, after *in_worker*: how it would go on has no part in these cases.
    Both functions take the number of forks so far.
    """

    def __init__(self, in_worker: Callable[[int], None], is_over: Callable[[int], bool]) -> None:
        self.count = self.late = 0
        self._me = os.getpid()
        self._in_worker, self._is_over = in_worker, is_over
        os.register_at_fork(before=self._before, after_in_child=self._after)

    def _before(self) -> None:
        if os.getpid() == self._me:
            self.count += 1
            self.late += self._is_over(self.count)
            time.sleep(0.01)

    def _after(self) -> None:
        if os.getppid() == self._me:
            self._in_worker(self.count)
            time.sleep(60)


_WORKERS = 40
_LATE = 3  # forks that may begin after what is due: of a worker, of a helper


def _enter(module: Any, timeout: float | None) -> None:
    with module.channel(lambda link: time.sleep(60), _WORKERS, timeout=timeout) as messages:
        list(messages)


def _run(module: Any, timeout: float | None) -> None:
    module.run(10**13, _WORKERS, timeout=timeout)


def _nothing(number: int) -> None:
    pass


def _timeout_amid_forks(module: Any, call: Callable[[Any, float | None], None]) -> None:
    end = [0.0]
    for timeout in (0.1, 0.5):  # on a busy machine, the first may be over before the second fork
        forks = _SlowForks(_nothing, lambda count: time.monotonic() > end[0])
        end[0] = time.monotonic() + timeout
        raised(TimeoutError, f"timeout={timeout}", call, module, timeout)
        if forks.count > 1:
            break
    _in_time(forks, "the timeout was over")


def _once_the_fifth_has(wait: Callable[[], object]) -> Callable[[int], bool]:
    """Return whether the fifth process has done its part; *wait* returns when it has."""
    seen: list[object] = []

    def over(count: int) -> bool:
        if count > 5 and not seen:
            seen.append(wait())
        return bool(seen)

    return over


def _in_time(forks: _SlowForks, what: str) -> None:
    assert forks.count > 1, f"{forks.count} processes were forked: too few for this case"
    assert forks.late <= _LATE, f"{what}, and {forks.late} more processes were forked"


def _death_amid_forks(module: Any, call: Callable[[Any, float | None], None]) -> None:
    with gates(1) as (pids,):

        def die(number: int) -> None:
            if number == 5:
                pids.tell(os.getpid())
                os._exit(7)

        def wait() -> None:
            pid = pids.hear()
            until("a process that calls _exit ends", lambda: has_ended(pid))

        forks = _SlowForks(die, _once_the_fifth_has(wait))
        error = raised(WorkerError, "a worker exits with 7", call, module, None)
    assert error.exitcode == 7, f"{error}"
    _in_time(forks, "a worker had exited with 7")


def _signal_amid_forks(module: Any, call: Callable[[Any, float | None], None]) -> None:
    with gates(1) as (sent,):

        def strike(number: int) -> None:
            if number == 5:
                os.kill(os.getppid(), signal.SIGUSR1)
                sent.open()

        def handler(signum: int, frame: FrameType | None) -> None:
            hits.append(1)
            raise Tick

        hits: list[int] = []
        forks = _SlowForks(strike, _once_the_fifth_has(sent.wait))
        with handled(signal.SIGUSR1, handler):
            raised(Tick, "a handler raises while workers are forked", call, module, None)
    _in_time(forks, "the signal was there")


_AMID = {"timeout": _timeout_amid_forks, "death": _death_amid_forks, "signal": _signal_amid_forks}


@case.each(what=list(_AMID))
def heeded_while_workers_are_forked(module: Any, what: str) -> None:
    """Deaths, `timeout` and signals are heeded while many workers are being forked."""
    _AMID[what](module, _enter)


@run_case.each(what=list(_AMID))
def heeded_while_run_forks(module: Any, what: str) -> None:
    """Deaths, `timeout` and signals are heeded while `run` forks many workers."""
    _AMID[what](module, _run)
