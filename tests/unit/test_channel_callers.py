"""Callers that are killed, that enter a channel in a thread, that are slow to take messages."""

import pytest

from tests.unit.cases import callers, slow_callers
from tests.unit.stage import Stage, parameters

_LIMIT = 20.0  # seconds


@pytest.mark.parametrize(
    "name",
    parameters(callers.case, callers.kind_case, callers.supervisor_case, callers.foreign_case),
)
def test_callers(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/callers.py."""
    channel_stage.perform(callers, name, _LIMIT)


@pytest.mark.parametrize("name", parameters(callers.run_case))
def test_callers_of_run(run_stage: Stage, name: str) -> None:
    """The same, of `run` alone."""
    run_stage.perform(callers, name, _LIMIT)


@pytest.mark.parametrize("name", parameters(slow_callers.case))
def test_callers_that_still_fork(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/slow_callers.py."""
    channel_stage.perform(slow_callers, name, _LIMIT)


@pytest.mark.parametrize("name", parameters(slow_callers.run_case))
def test_callers_of_run_that_still_fork(run_stage: Stage, name: str) -> None:
    """The same, of `run` alone."""
    run_stage.perform(slow_callers, name, _LIMIT)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", callers.exhaustive_case)
def test_callers_in_any_way(channel_stage: Stage, name: str) -> None:
    """All combinations."""
    channel_stage.perform(callers, name, _LIMIT)
