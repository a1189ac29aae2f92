"""F. Scarce: a run to which the system refuses something raises an OSError and leaves nothing."""

import errno
import os
from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Message, Outcome, checks, ordering, plain, shared_trials, state, striking
from tests.harness.trouble import not_judged
from tests.scenarios import scarcity

N, WORKERS = 100, 2

# In the sweep of a worker's calls. Those of forked workers make a few thousand.
_CALLS = 20_000

REASONS = [os.strerror(getattr(errno, name)) for name in ("EMFILE", "EFBIG", "ENOSPC", "EDQUOT")]


def _refusals(transport: str, outcome: Outcome) -> list[Message]:
    """Fail unless each run was exact or raised an OSError in time; return those that raised.

    A run that can have no channel, and computes in its caller instead, tells nobody of it.

    The OSError of a worker is only in the text of the error of the run: clause C8.  Some systems do
    not let the suite set up a case.  Such cases are left out; skip if no case is left.
    """
    calls = plain.nothing_more_left(transport, outcome).calls()
    assert not outcome.of("failed"), outcome.of("failed")
    if not calls and outcome.of("refused"):
        pytest.skip(_reasons(outcome))
    checks.all_error(calls, or_exact=True)
    said = harness.support(transport)
    if said.forks and said.births:
        for call, births in zip(calls, outcome.of("births"), strict=False):
            if state(call) == "exact" and births["count"] < WORKERS:
                if _forks_fewer(transport):
                    not_judged("see A5: runs without a fault start fewer workers than asked, too")
                pytest.fail(
                    f"{births['count']} of {WORKERS} workers were started, and nothing was raised:"
                    f" {checks.summary(call)}",
                    pytrace=False,
                )
    refused = [call for call in calls if state(call) == "error"]
    for call in refused:
        text = call["text"]
        itself = {"OSError", "MemoryError"} & set(call["mro"])
        carried = "OSError" in text or "[Errno" in text or any(why in text for why in REASONS)
        assert itself or carried, checks.summary(call)
    return refused


@cache
def _forks_fewer(transport: str) -> bool:
    """Tell whether a run forks fewer processes than workers where nothing is scarce, too."""
    outcome = harness.run_trial(transport, harness.call(scarcity.unlimited, n=N, workers=WORKERS))
    return any(births["count"] < WORKERS for births in outcome.of("births"))


def _left_out(outcome: Outcome) -> str:
    """Return how many cases the suite could not set up, and why; "" if it could set up all."""
    count = len(outcome.of("refused"))
    return f", {count} could not be set up: {_reasons(outcome)}" if count else ""


def _reasons(outcome: Outcome) -> str:
    return "; ".join(dict.fromkeys(message["reason"] for message in outcome.of("refused")))


@pytest.mark.clause("F1")
def test_a_want_of_descriptors_is_an_oserror(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: EMFILE at each descriptor of a run, by RLIMIT_NOFILE."""
    outcome = harness.run_trial(transport, harness.call(scarcity.descriptors, n=N, workers=WORKERS))
    refused = _refusals(transport, outcome)
    assert state(outcome.calls()[-1]) == "exact", "no number of descriptors was enough"
    if not refused:
        pytest.skip("the run takes no descriptor: it is exact where none is free")
    record_property("F1", f"{len(refused)} limits on descriptors refused")


@pytest.mark.clause("F1")
def test_a_system_call_that_is_refused_is_an_oserror(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: each of those of the caller, by name, from its first one on, with an error of its own."""
    outcome = ordering.gated(shared_trials.with_refusals(transport), record_property, "F1")
    ordering.oserrors(outcome)


@pytest.mark.clause("F1")
def test_a_system_call_of_a_worker_may_fail(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """F1: each that others can notice; the run raises an error or is exact, and nothing is left."""
    outcome = striking.sweep(transport, "shared refused", caller=False, order=order, calls=_CALLS)
    striking.judge_sweep(transport, record_property, "F1", outcome, striking.refusal)


@pytest.mark.clause("F1")
def test_a_limit_on_the_size_of_files_is_an_oserror(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: RLIMIT_FSIZE cuts a write short, and then refuses the next one, at each byte."""
    outcome = harness.run_trial(transport, harness.call(scarcity.file_size, n=N, workers=WORKERS))
    refused = _refusals(transport, outcome)
    record_property("F1", f"{len(refused)} sizes of files refused")


@pytest.mark.clause("F2")
def test_a_full_file_system_is_an_oserror_and_no_sigbus(
    transport: str, record_property: RecordProperty
) -> None:
    """F2: /dev/shm and the temporary directory have 16 KiB, with few pages or inodes free."""
    outcome = harness.run_trial(transport, harness.call(scarcity.full, n=N, workers=WORKERS))
    refused = _refusals(transport, outcome)
    text = f"{len(refused)} of {len(outcome.calls())} full file systems refused"
    record_property("F2", text + _left_out(outcome))


@pytest.mark.clause("F3")
def test_a_limit_of_the_system_is_an_early_error_that_names_it(
    transport: str, record_property: RecordProperty
) -> None:
    """F3: RLIMIT_MSGQUEUE, queues_max, msg_max, msgsize_max; System V: how many, how large."""
    outcome = harness.run_trial(transport, harness.call(scarcity.queues, n=N, workers=WORKERS))
    for call in (refused := _refusals(transport, outcome)):
        assert any(name in call["text"] for name in call["names"]), (
            f"names none of {call['names']}: {checks.summary(call)}"
        )
    text = f"{len(refused)} of {len(outcome.calls())} limits refused"
    record_property("F3", text + _left_out(outcome))
