"""Whether a short run gives pi at all: if not, no clause can be judged, and that is said once."""

import re
import signal
from functools import cache

from tests.harness import limits
from tests.harness.hang import Frame, is_own, with_source
from tests.harness.oracle import pi_n
from tests.harness.outcome import Message
from tests.harness.support import support
from tests.harness.trial import run_trial
from tests.scenarios import basics
from tests.scenarios.protocol import call

__all__ = ["SMOKE", "smoke"]

SMOKE = "test_a_short_run_returns_pi"
"""The test that tells what is wrong with a short run."""

_N, _WORKERS = 1000, 2
_QUIET = 3.0  # seconds in which nothing computes; such a run takes some milliseconds
_CLOSE = 1e-6  # relative: a result of single precision passes here, and clause A1 judges it

_CALL = f"run({_N}, {_WORKERS})"


@cache
def smoke(target: str) -> str:
    """Return what is wrong with a short run of *target*, in a few lines; "" if nothing is.

    "" too for a transport that is not supported here, or cannot be loaded.
    """
    answer = support(target)
    if answer.reason is not None or answer.error:
        return ""
    with limits.quiet_after(_QUIET):
        outcome = run_trial(target, call(basics.smoke, n=_N, workers=_WORKERS))
    for called in outcome.of("outcome"):
        frames = [Frame(*frame) for trace in outcome.of("trace") for frame in trace["frames"]]
        return said(called, frames, target)
    if outcome.verdict == "HANG":
        return outcome.faults[0][1]
    why = outcome.faults[0][1] if outcome.faults else "It said nothing."
    died = re.match(r"exit status -(\d+)", why)
    how = f"died of {signal.Signals(int(died[1])).name}" if died else f"ended: {why}"
    return f"The interpreter that called {_CALL} {how}"


def said(called: Message, frames: list[Frame], target: str) -> str:
    """Return what is wrong with the outcome of the short run, or "".

    called: the outcome.
    frames: those that its error came through, the innermost last.
    """
    if "error" in called:
        lines = [f"{_CALL} raised {called['error']}: {called['text']}"]
        lines += [f"  {with_source(frame)}" for frame in frames if is_own(frame.file, target)]
        if called["error"] == "TypeError" and "argument" in called["text"]:
            lines.append("The suite calls run(n, workers), with two positional arguments.")
        return "\n".join(lines)
    kind, value, due = called["type"], called["value"], float(pi_n(_N))
    if kind == "coroutine":
        return f"{_CALL} returned a coroutine: run must be a plain function, not an async def."
    if kind in ("generator", "async_generator"):
        return f"{_CALL} returned a generator: run must return the value, not yield it."
    if kind != "float":
        what = "None" if value is None else f"{value!r}, of type {kind}"
        return f"{_CALL} returned {what}: a float is due, {due!r}."
    if not abs(value - due) <= _CLOSE * due:  # nan is not
        return (
            f"{_CALL} returned {value!r}, where {due!r} is due: the square root of 8 times the sum "
            f"of 1/(2k+1)**2 for k from 0 to {_N - 1}."
        )
    return ""
