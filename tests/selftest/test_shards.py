"""The parts into which the test of the suite itself is split."""

import pytest

from tests.selftest.judged import shard
from tests.selftest.test_planted_defects import CONTROLS, PLANTED
from tests.selftest.test_reported import REPORTED


@pytest.mark.parametrize("count", [1, 2, 8, 12, 200])
@pytest.mark.parametrize(
    "modules", [PLANTED, CONTROLS, REPORTED], ids=["planted", "controls", "reported"]
)
def test_the_parts_are_disjoint_and_all_of_them_are_the_whole(
    modules: list[str], count: int
) -> None:
    """And their sizes differ by one at most."""
    parts = [shard(modules, f"{index}/{count}") for index in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(modules)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_without_a_part_all_is_taken() -> None:
    """When somebody runs the tests by hand."""
    assert shard(PLANTED, "") == PLANTED


@pytest.mark.parametrize("part", ["0/8", "9/8", "8", "a/b", "1/0", "-1/8"])
def test_a_part_that_there_is_not_is_refused(part: str) -> None:
    """It does not count as an empty part, which would pass."""
    with pytest.raises(ValueError, match="is not I/K"):
        shard(PLANTED, part)
