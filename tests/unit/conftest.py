"""Fixtures of the tests that do cases: see `tests.unit.stage`."""

import pytest

from tests import harness
from tests.unit.stage import Stage, stage_of


@pytest.fixture
def run_stage(transport: str) -> Stage:
    """Return the stage of a transport."""
    return stage_of(transport)


@pytest.fixture
def channel_stage(transport: str) -> Stage:
    """Return the stage of a transport that has a channel, or skip with the reason."""
    if (reason := harness.support(transport).no_channel) is not None:
        pytest.skip(reason)
    return stage_of(transport)
