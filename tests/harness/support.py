"""What a transport says of itself, before any clause is tried on it; and how fast it is."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.harness import limits
from tests.harness.places import STARTED_IN
from tests.harness.trial import run_trial
from tests.scenarios import basics
from tests.scenarios.protocol import CHANNEL, call
from transports import NAMES


def module_of(transport: str) -> str:
    """Return what to load for a transport: a module by its name, or a file by its path.

    transport: one of NAMES, the name of a module, or the path of a file, from the directory in
        which the suite was started; with ":channel" after it, the channel of that.
    """
    if transport.endswith(CHANNEL):
        return module_of(transport.removesuffix(CHANNEL)) + CHANNEL
    if transport.endswith(".py"):
        return str(Path(STARTED_IN, transport).resolve())
    return f"transports.{transport}" if transport in NAMES else transport


class Support(NamedTuple):
    """What a module says of itself.

    reason: why it cannot be used on this machine, or None.
    expected_failures: its EXPECTED_FAILURES, {clause: reason}.
    error: why it cannot be tested at all, or "".
    forks: whether the caller forks its workers; if not, each starts a fresh interpreter.
    extra: the extra of pyproject.toml that it needs, or "".
    no_channel: why it carries no messages, or None.
    """

    reason: str | None
    expected_failures: dict[str, str]
    error: str = ""
    forks: bool = True
    extra: str = ""
    no_channel: str | None = None


@cache
def support(target: str) -> Support:
    """Ask the module *target*, in an interpreter of its own."""
    outcome = run_trial(target, call(basics.support))
    for run in outcome.of("outcome"):
        limits.set_pace(target, run["seconds"])
    for answer in outcome.of("support"):
        forks = all(message["count"] for message in outcome.of("forked"))
        return Support(
            answer["reason"],
            answer["expected"],
            answer["error"],
            forks,
            answer["extra"],
            answer["channel"],
        )
    return Support(None, {}, "; ".join(why for _, why in outcome.faults) or "it said nothing")


def unsupported(target: str) -> str | None:
    """Return why *target* cannot be used on this machine, by its own probe, or None."""
    answer = support(target)
    if answer.error:
        raise RuntimeError(f"{target} could not be asked: {answer.error}")
    return answer.reason


@cache
def quarter_of_a_second(target: str) -> int:
    """Return the number of terms whose sum takes the workers of a run 0.25 s of CPU in all."""
    outcome = run_trial(target, call(basics.calibrated, workers=2))
    for measured in outcome.of("calibrated"):
        return int(measured["n"])
    return 10**9  # it cannot compute, and the test that needs this number will show why
