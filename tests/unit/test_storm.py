"""Storms of signals over `run` and channels: see tests/unit/cases/storm.py."""

import pytest

from tests.unit.cases import Cases, storm
from tests.unit.stage import Stage

_FEW, _MANY = 60.0, 900.0  # seconds


def _storms(cases: Cases) -> list[object]:
    """Return parameters for *cases*; the long ones are for the marker exhaustive."""
    long = f"strikes={storm.MANY}]"
    return [
        pytest.param(name, marks=pytest.mark.exhaustive if name.endswith(long) else ())
        for name in cases
    ]


def _limit(name: str) -> float:
    return _MANY if name.endswith(f"strikes={storm.MANY}]") else _FEW


@pytest.mark.parametrize("name", _storms(storm.case))
def test_storm(channel_stage: Stage, name: str) -> None:
    """Over channels, while they are entered, used and left."""
    print(channel_stage.perform(storm, name, limit=_limit(name)))


@pytest.mark.parametrize("name", _storms(storm.run_case))
def test_storm_over_run(run_stage: Stage, name: str) -> None:
    """Over `run`."""
    print(run_stage.perform(storm, name, limit=_limit(name)))
