"""The supervisor of the reference transports on systems without pidfds and prctl."""

import signal

import pytest

from tests import harness
from tests.clauses.test_b_clean import kill_the_caller
from tests.harness import checks
from tests.scenarios import basics, faults

MODULE = "tests.unit.no_pidfd"


# A channel for each worker; a name during the run, and no descriptor to wait on; then a name for a
# moment; a name, and a descriptor.
@pytest.fixture(
    params=[
        "pipe",
        "sysv_mq",
        pytest.param("shm", marks=pytest.mark.exhaustive),
        pytest.param("fifo", marks=pytest.mark.exhaustive),
    ]
)
def fallback(request: pytest.FixtureRequest) -> dict[str, str]:
    """Name a transport to `tests.unit.no_pidfd`."""
    if (reason := harness.unsupported(f"transports.{request.param}")) is not None:
        pytest.skip(reason)
    return {"FALLBACK": request.param}


def test_without_pidfd_and_prctl_results_are_exact(fallback: dict[str, str]) -> None:
    """And nothing is left: pipes and a timer serve instead."""
    cases = [(100, 3), (5, 12), (1000, 40)]
    outcome = checks.nothing_left(
        harness.run_trial(MODULE, harness.call(basics.calls, cases), env=fallback)
    )
    checks.all_exact(outcome.calls())


def test_without_pidfd_and_prctl_a_dead_worker_is_an_error(fallback: dict[str, str]) -> None:
    """At once, and the error names the worker."""
    for when, n in (("birth", 1000), ("work", 10**9)):
        outcome = harness.run_trial(
            MODULE,
            harness.call(faults.killed, how=[signal.SIGKILL], when=when, n=n, workers=2),
            env=fallback,
        )
        checks.errors_in_time(outcome, 2)
        checks.names_victim(outcome)


def test_without_pidfd_and_prctl_workers_die_with_their_caller(fallback: dict[str, str]) -> None:
    """Within 2 s, because a timer lets them look for it."""
    kill_the_caller(MODULE, fallback)
