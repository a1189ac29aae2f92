"""The memory of the transport shm: it has no name, or one for some microseconds."""

import os

import pytest

from tests.harness import checks, run_trial, unsupported

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
            "transports.shm", "exposure.named", n=20, workers=2, times=1, places=[[], [PLACE]]
        )
    )
    checks.all_exact(outcome.calls())
    assert not outcome.of("appeared"), outcome.of("appeared")


def test_memory_that_has_a_name_for_a_while_does_as_well() -> None:
    """As on macOS: exact, nothing is left, and a dead worker is an error."""
    if (reason := unsupported(NAMED)) is not None:
        pytest.skip(reason)
    outcome = checks.nothing_left(run_trial(NAMED, "calls", cases=[(100, 3), (5, 12), (1000, 40)]))
    checks.all_exact(outcome.calls())
    cases = ["sizes", "round_trip", "short_lives"]
    outcome = checks.nothing_left(run_trial(NAMED, "messages.carried", cases=cases, limit=30))
    assert [(case["case"], case["why"]) for case in outcome.of("case")] == [
        (c, None) for c in cases
    ]
