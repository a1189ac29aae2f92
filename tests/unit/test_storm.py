"""Storms of signals over `run` and channels: see tests/unit/cases/storm.py."""

import pytest

from tests.unit.cases import KINDS, Cases, storm
from tests.unit.stage import Stage

_FEW, _MANY = 60.0, 900.0  # seconds
_ONCE = "strikes=1]"  # how the name of a case ends that strikes at each function once


def _storms(cases: Cases, *over: str) -> list[object]:
    """Return parameters for *cases*; storms are for the marker exhaustive.

    The place of each strike is random, and by default clause B2 has a storm for each transport.  A
    strike at the entry of each function in turn is no chance: that is done *over* these.
    """
    once = pytest.mark.over(*over) if over else ()
    return [
        pytest.param(name, marks=once if name.endswith(_ONCE) else pytest.mark.exhaustive)
        for name in cases
    ]


def _limit(name: str) -> float:
    return _MANY if name.endswith(f"strikes={storm.MANY}]") else _FEW


@pytest.mark.parametrize("name", _storms(storm.case, *KINDS))
def test_storm(channel_stage: Stage, name: str) -> None:
    """Over channels, while they are entered, used and left."""
    print(channel_stage.perform(storm, name, limit=_limit(name)))


@pytest.mark.parametrize("name", _storms(storm.run_case))
def test_storm_over_run(run_stage: Stage, name: str) -> None:
    """Over `run`."""
    print(run_stage.perform(storm, name, limit=_limit(name)))
