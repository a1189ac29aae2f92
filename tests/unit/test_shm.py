"""The memory of the transport shm: it has no name, or one for some microseconds."""

import os

import pytest

from tests.harness import call, checks, run_trial, unsupported
from tests.scenarios import basics, exposure, messages

NAMED = "tests.unit.named_memory"
PLACE = "/dev/shm"  # noqa: S108 - looked at


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="no O_TMPFILE: open(2), Linux")
def test_the_memory_has_no_name_that_another_process_could_open() -> None:
    """At no moment, where the file system of /dev/shm can do that."""
    try:
        os.close(os.open(PLACE, os.O_TMPFILE | os.O_RDWR, 0o600))
    except OSError as error:
        pytest.skip(f"no file without a name in /dev/shm: {error}")
    outcome = checks.nothing_left(
        run_trial(
            "transports.shm",
            call(exposure.named, n=20, workers=2, times=1, places=[[], [PLACE]]),
        )
    )
    checks.all_exact(outcome.calls())
    assert not outcome.of("appeared"), outcome.of("appeared")


def test_memory_that_has_a_name_for_a_while_does_as_well() -> None:
    """As on macOS: exact, nothing is left, and a dead worker is an error."""
    if (reason := unsupported(NAMED)) is not None:
        pytest.skip(reason)
    runs = [(100, 3), (5, 12), (1000, 40)]
    outcome = checks.nothing_left(run_trial(NAMED, call(basics.calls, runs)))
    checks.all_exact(outcome.calls())
    functions = (messages.sizes, messages.round_trip, messages.short_lives)
    cases = [case.__name__ for case in functions]
    outcome = checks.nothing_left(run_trial(NAMED, call(messages.carried, cases), limit=30))
    assert [(case["case"], case["why"]) for case in outcome.of("case")] == [
        (c, None) for c in cases
    ]
