"""F. Scarce: what the system refuses is an OSError, and nothing is left."""

import errno
import os

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Message, Outcome, checks, state

N, WORKERS = 100, 2

REASONS = [os.strerror(getattr(errno, name)) for name in ("EMFILE", "EFBIG", "ENOSPC", "EDQUOT")]


def _refusals(outcome: Outcome) -> list[Message]:
    """Fail unless each run was exact, or an OSError in time; return those that were.

    A worker's own OSError comes as the text of its error: clause C8.  Cases that the system
    does not let the suite set up are left out; skip with its reasons if these are all.
    """
    calls = checks.clean(outcome).calls()
    assert not outcome.of("failed"), outcome.of("failed")
    if not calls and outcome.of("refused"):
        pytest.skip(_reasons(outcome))
    checks.all_error(calls, or_exact=True)
    refused = [call for call in calls if state(call) == "error"]
    for call in refused:
        text = call["text"]
        itself = {"OSError", "MemoryError"} & set(call["mro"])
        told = "OSError" in text or "[Errno" in text or any(why in text for why in REASONS)
        assert itself or told, checks.tell(call)
    return refused


def _left_out(outcome: Outcome) -> str:
    """Tell of the cases that the system did not let the suite set up, and why."""
    count = len(outcome.of("refused"))
    return f", {count} could not be set up: {_reasons(outcome)}" if count else ""


def _reasons(outcome: Outcome) -> str:
    return "; ".join(dict.fromkeys(message["reason"] for message in outcome.of("refused")))


@pytest.mark.clause("F1")
def test_a_want_of_descriptors_is_an_oserror(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: EMFILE at each descriptor of a run, by RLIMIT_NOFILE."""
    outcome = harness.trial(transport, "scarcity.descriptors", n=N, workers=WORKERS)
    refused = _refusals(outcome)
    assert state(outcome.calls()[-1]) == "exact", "no number of descriptors was enough"
    if not refused:
        pytest.skip("the run takes no descriptor: it is exact where none is free")
    record_property("F1", f"{len(refused)} limits on descriptors refused")


@pytest.mark.clause("F1")
def test_a_limit_on_the_size_of_files_is_an_oserror(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: RLIMIT_FSIZE cuts a write, and then refuses it, at each byte."""
    refused = _refusals(harness.trial(transport, "scarcity.file_size", n=N, workers=WORKERS))
    record_property("F1", f"{len(refused)} sizes of files refused")


@pytest.mark.clause("F2")
def test_a_full_file_system_is_an_oserror_and_no_sigbus(
    transport: str, record_property: RecordProperty
) -> None:
    """F2: /dev/shm, and the temporary directory, of 16 KiB, with some pages or inodes free."""
    outcome = harness.trial(transport, "scarcity.full", n=N, workers=WORKERS)
    refused = _refusals(outcome)
    told = f"{len(refused)} of {len(outcome.calls())} full file systems refused"
    record_property("F2", told + _left_out(outcome))


@pytest.mark.clause("F3")
def test_a_limit_of_the_system_is_an_early_error_that_names_it(
    transport: str, record_property: RecordProperty
) -> None:
    """F3: RLIMIT_MSGQUEUE, queues_max, msg_max, msgmni, SEMMNI, shmmni."""
    outcome = harness.trial(transport, "scarcity.queues", n=N, workers=WORKERS)
    for call in (refused := _refusals(outcome)):
        assert any(name in call["text"] for name in call["names"]), (
            f"names none of {call['names']}: {checks.tell(call)}"
        )
    told = f"{len(refused)} of {len(outcome.calls())} limits refused"
    record_property("F3", told + _left_out(outcome))
