"""Trials of a `run` whose caller forks no worker, but a launcher of them and a helper."""

import os

import pytest

from tests import harness
from tests.harness import carried, checks, shared_trials
from tests.scenarios import raised, shapes

MODULE = "tests.unit.launched_workers"


@pytest.fixture(autouse=True)
def _proc() -> None:
    if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
        pytest.skip("the births of interpreters are not seen here")


def test_one_worker_raises_each_shape() -> None:
    """If two raised in one run, it would name either.  Two forks are not the two workers."""
    n = shared_trials.terms(MODULE, "work")
    names = shapes.SOME[:10]
    outcome = harness.run_trial(MODULE, harness.call(raised.raised, n=n, names=names), limit=60)
    assert carried.faults(outcome) == []
    called = [message["way"] for message in outcome.of("called")]
    assert called == names[::2]  # each takes half a second of CPU: five are enough
    assert [message["way"] for message in outcome.of("injected")] == called


def test_workers_are_not_waited_for_while_their_launcher_is_stopped() -> None:
    """Two processes are, those that are forked; the run is exact when they have gone on."""
    outcome = checks.finished(shared_trials.waits((MODULE,))[MODULE])
    assert [message["count"] for message in outcome.of("births")] == [2]
    checks.all_exact(outcome.calls())
