"""Callers that are killed, that enter a channel in a thread, that are slow to take messages."""

import os

import pytest

from tests.unit.cases import callers
from tests.unit.stage import Stage

_OTHER_USER = "a_killed_caller_of_another_users_workers"


@pytest.mark.parametrize("name", callers.case)
def test_callers(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/callers.py."""
    if name.startswith(_OTHER_USER) and os.geteuid() != 0:
        pytest.skip("only root can change the user of a worker")
    channel_stage.perform(callers, name, limit=20)


@pytest.mark.parametrize("name", callers.run_case)
def test_callers_of_run(run_stage: Stage, name: str) -> None:
    """The same, of `run` alone."""
    run_stage.perform(callers, name, limit=20)
