"""Intervals, ranks and agreement of benchmarks, with made-up figures."""

import math
import random
from statistics import median_low

import pytest

from report.formats import Bench, Row
from tests.benchmarks import agreement
from tests.benchmarks.intervals import BETWEEN_RUNS, Estimate, estimate, ranks


def test_a_ratio_that_never_varies_has_no_width() -> None:
    """Of one round too, of which nothing is known."""
    for count in (1, 7):
        assert estimate([1.5] * count) == Estimate(1.5, 1.5, 1.5)


def test_the_interval_is_the_same_each_time_and_has_the_ratio_in_it() -> None:
    """In whatever order the rounds were."""
    ratios = [1.2, 1.1, 1.4, 1.15, 1.3, 1.25, 9.0]
    found = estimate(ratios)
    assert found == estimate(ratios[::-1])
    assert found.ratio == median_low(ratios) == 1.25
    assert found.low < 1.25 < found.high
    assert found.ratio / found.low == pytest.approx(found.high / found.ratio)
    assert found.high < 9.0, "one round is no median"


@pytest.mark.parametrize("rounds", [5, 7, 12, 31])
def test_two_runs_are_in_the_intervals_of_each_other_in_some_95_of_100(rounds: int) -> None:
    """Of figures whose spread is known, also of few rounds; runs differ as they were seen to do."""
    dice = random.Random(rounds)
    of_a_median = 1.25 * 0.1 / math.sqrt(rounds)
    between = of_a_median * math.sqrt(BETWEEN_RUNS**2 - 1)

    def run() -> Estimate:
        middle = dice.gauss(0.2, between)
        return estimate([dice.lognormvariate(middle, 0.1) for _ in range(rounds)])

    pairs = [(run(), run()) for _ in range(400)]
    inside = [a.low <= b.ratio <= a.high and b.low <= a.ratio <= b.high for a, b in pairs]
    assert 0.92 * len(pairs) <= sum(inside) <= 0.985 * len(pairs)


def test_more_rounds_make_it_narrower() -> None:
    """That is what they are for."""
    dice = random.Random(1)
    drawn = [dice.lognormvariate(0.2, 0.1) for _ in range(400)]
    few, many = estimate(drawn[:10]), estimate(drawn)
    assert many.high / many.low < few.high / few.low


def test_rows_whose_intervals_overlap_share_a_rank() -> None:
    """With the first of the rank: not with one that itself only shares it."""
    found = [
        Estimate(1.30, 1.20, 1.40),
        Estimate(1.00, 0.95, 1.05),
        Estimate(1.12, 1.04, 1.21),
        Estimate(1.19, 1.15, 1.23),
    ]
    assert ranks(found) == [3, 1, 1, 3]
    assert ranks([]) == []


def _bench(*rows: tuple[str, str, float, float, float, float]) -> Bench:
    return Bench(
        "2031-04-10",
        "nowhere",
        None,
        tuple(
            Row(
                group,
                name,
                1.0,
                {"x_floor": x, "x_floor_low": low, "x_floor_high": high, "rank": rank},
            )
            for group, name, x, low, high, rank in rows
        ),
    )


def test_two_runs_are_compared_row_by_row() -> None:
    """By what is in both."""
    one = _bench(("t", "a", 1.0, 0.9, 1.2, 1.0), ("t", "b", 2.0, 1.9, 2.1, 2.0))
    other = _bench(
        ("t", "b", 2.2, 2.0, 2.4, 1.0), ("t", "a", 1.1, 1.0, 1.2, 2.0), ("u", "c", 1, 1, 1, 1)
    )
    first, *tables = agreement.lines(one, other)
    assert first.startswith("x floor: 1 of 2 rows (50 %) within each other's intervals")
    assert "10.0 % (median), 10.0 % (90 of 100), 10 % at most" in first
    assert tables == ["tau -1.00  t"]


def test_a_tie_in_either_run_is_no_disagreement() -> None:
    """It is what the run cannot tell."""
    assert agreement.tau([(1, 1), (1, 2), (3, 3)]) == 1.0
    assert agreement.tau([(1, 3), (2, 2), (3, 1)]) == -1.0
    assert agreement.tau([(1, 2), (2, 1), (3, 3)]) == pytest.approx(1 / 3)
    assert agreement.tau([(1, 1)]) is None
