"""To what a channel belongs: its block, its process, one thread at a time; what breaks it."""

import pytest

from tests.unit.cases import state, whole
from tests.unit.stage import Stage, parameters

_LIMIT = 15.0  # seconds


@pytest.mark.parametrize("name", parameters(state.case, state.kind_case))
def test_state(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/state.py, which says what is due."""
    channel_stage.perform(state, name, _LIMIT)


@pytest.mark.parametrize("name", parameters(whole.case, whole.kind_case))
def test_whole(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/whole.py."""
    channel_stage.perform(whole, name, _LIMIT)
