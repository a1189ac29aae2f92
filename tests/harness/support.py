"""What a transport says of itself, before any clause is tried on it; and how fast it is."""

import re
import signal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.harness import limits
from tests.harness.hang import PROVEN
from tests.harness.outcome import Outcome
from tests.harness.places import STARTED_IN
from tests.harness.trial import run_trial
from tests.scenarios import basics
from tests.scenarios.loading import NO_SUCH_MODULE, OWN
from tests.scenarios.protocol import CHANNEL, call
from transports import NAMES

_QUIET = 5.0  # seconds in which nothing computes, after which a module is not waited for
_LIMIT = 20.0  # seconds for a module to be imported and to say what it is


def module_of(transport: str) -> str:
    """Return what to load for a transport: a module by its name, or a file by its path.

    transport: one of NAMES, the name of a module, or the path of a file, from the directory in
        which the suite was started; with ":channel" after it, the channel of that.

    What is not one of NAMES is the user's: "transports.pipe" too, if they have such a module.
    """
    if transport.endswith(CHANNEL):
        return module_of(transport.removesuffix(CHANNEL)) + CHANNEL
    if transport.endswith(".py"):
        return str(Path(STARTED_IN, transport).resolve())
    if transport in NAMES:
        return f"transports.{transport}"
    return OWN + transport if transport.startswith("transports.") else transport


class Support(NamedTuple):
    """What a module says of itself.

    reason: why it cannot be used on this machine, or None.
    expected_failures: its EXPECTED_FAILURES, {clause: reason}.
    error: why it cannot be tested at all, or "".
    forks: whether the caller forks its workers; if not, each starts a fresh interpreter.
    extra: the extra of pyproject.toml that it needs, or "".
    no_channel: why it carries no messages, or None.
    births: whether the birth of each worker is met: the caller forks it, or it is an interpreter
        that reads the environment.
    """

    reason: str | None
    expected_failures: dict[str, str]
    error: str = ""
    forks: bool = True
    extra: str = ""
    no_channel: str | None = None
    births: bool = True


@cache
def support(target: str) -> Support:
    """Ask the module *target*, in an interpreter of its own."""
    if wrong := _misnamed(target.removesuffix(CHANNEL).removeprefix(OWN)):
        return Support(None, {}, wrong)
    with limits.quiet_after(_QUIET):
        outcome = run_trial(target, call(basics.support), limit=_LIMIT)
    for run in outcome.of("outcome"):
        limits.set_pace(target, run["seconds"])
    for answer in outcome.of("support"):
        forks = all(message["count"] for message in outcome.of("forked"))
        error = str(answer["error"])
        if error.startswith(NO_SUCH_MODULE):
            error += f"; built in are {', '.join(NAMES)}"
        births = all(message["more"] > 0 for message in outcome.of("forked"))
        return Support(
            answer["reason"],
            answer["expected"],
            error,
            forks,
            answer["extra"],
            answer["channel"],
            births,
        )
    return Support(None, {}, _unanswered(outcome))


def _misnamed(target: str) -> str:
    """Return what is wrong with the name of a module or a file, or ""."""
    if target.endswith(".py") or all(part.isidentifier() for part in target.split(".")):
        return ""
    if Path(STARTED_IN, target).is_dir():
        return "it is a directory: name a module (package.module) or a file (package/module.py)"
    return "no module can have this name: name a module (package.module) or a file that ends in .py"


def _unanswered(outcome: Outcome) -> str:
    """Return, in one line, why a module has not said what it is.

    outcome: of the scenario `basics.support`, which imports the module and then asks it.
    """
    what = "its unsupported()" if outcome.of("ready") else "its import"
    for verdict, why in outcome.faults:
        if verdict == "HANG":
            if outcome.hang.proven:
                return f"{what} does not end: {PROVEN}"
            return f"{what} did not end: it was ended as a hang"
        if verdict == "CRASH" and (found := re.match(r"exit status (-?\d+)", why)):
            status, printed = int(found[1]), outcome.output.strip().splitlines()[-1:]
            if status < 0:
                return f"{what} was ended by {signal.Signals(-status).name}"
            return ": ".join([f"{what} ended the interpreter with status {status}", *printed])
    return "; ".join(why.splitlines()[0] for _, why in outcome.faults) or "it said nothing"


def unsupported(target: str) -> str | None:
    """Return why *target* cannot be used on this machine, by its own probe, or None."""
    answer = support(target)
    if answer.error:
        raise RuntimeError(f"{target} could not be asked: {answer.error}")
    return answer.reason


@cache
def _calibrated(target: str) -> Outcome:
    return run_trial(target, call(basics.calibrated, workers=2))


def quarter_of_a_second(target: str) -> int:
    """Return the number of terms whose sum takes the workers of a run 0.25 s of CPU in all."""
    for measured in _calibrated(target).of("calibrated"):
        return int(measured["n"])
    return 10**9  # it cannot compute, and the test that needs this number will show why


def workers_compute(target: str) -> bool:
    """Tell whether anybody but the caller was seen to compute in a run of so many terms."""
    return all(measured["computed"] for measured in _calibrated(target).of("calibrated"))


def moment(target: str, when: str, n: int) -> tuple[str, int]:
    """Return when a worker is to be struck, "birth" or "work", and the terms of that run.

    Where the birth of workers is not met, they are struck amid their work, if any computes.

    n: terms for a fault at birth.
    """
    if when == "work" or (not support(target).births and workers_compute(target)):
        # Two seconds of work: workers that share it still compute when the fault is injected.
        return "work", 8 * quarter_of_a_second(target)
    return when, n
