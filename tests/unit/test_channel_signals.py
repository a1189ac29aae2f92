"""Handlers of signals in a channel: nothing is lost, nothing is added, nothing is swallowed."""

import pytest

from tests.unit.cases import handlers
from tests.unit.stage import Stage, parameters


@pytest.mark.parametrize("name", parameters(handlers.case, handlers.kind_case))
def test_handlers(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/handlers.py."""
    print(channel_stage.perform(handlers, name, limit=20))
