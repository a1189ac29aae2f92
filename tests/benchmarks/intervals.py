"""Medians of ratios, how far they are to be trusted, and ranks in which equals tie.

The interval is by the bootstrap of the median: what the median of as many rounds would be that are
drawn from those that were measured (Efron, The jackknife, the bootstrap and other resampling
plans, 1982, 10.3).  For a median that can be computed: nothing is drawn by chance, and the same
figures always give the same interval.  Of few rounds the bootstrap makes it too narrow, by as much
as a normal quantile is smaller than one of Student's t.

The rounds of one run are more alike than those of two runs: where the host puts two processors, and
where the memory of a process lies, changes from run to run.  In ten pairs of five whole runs on a
quiet virtual machine each ratio was in the interval of the other for 92 of 100 rows (86 to 97), and
with intervals wider by BETWEEN_RUNS for 95 of 100 (89 to 99).
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from statistics import median_low

# So that of two runs each has its ratio in the interval of the other in 95 of 100.  That both do is
# less likely than that one does, so the level is above 0.95.
LEVEL = 0.975
_Z = 1.96
BETWEEN_RUNS = 1.3


@dataclass(frozen=True)
class Estimate:
    """A ratio with its interval: of two runs each has the other's in it, in 95 of 100."""

    ratio: float
    low: float
    high: float


@cache
def _weights(count: int) -> tuple[float, ...]:
    """Return with which probability the low median of a resample is the k-th smallest of *count*.

    It is at most the k-th if half of the *count* draws are, each of which is with k / count.
    """
    half = (count + 1) // 2

    def at_most(k: int) -> float:
        p = k / count
        draws = range(half, count + 1)
        return sum(math.comb(count, i) * p**i * (1 - p) ** (count - i) for i in draws)

    return tuple(at_most(k) - at_most(k - 1) for k in range(1, count + 1))


def estimate(ratios: Sequence[float]) -> Estimate:
    """Return the median of *ratios*, each of one round, and where that of another run would be.

    Both runs vary, this one and the other, so the interval is that of the difference of two
    resamples: it is wider than one of where the true median is, by a factor of about 1.4.

    ratios: at least one, all above 0.
    """
    middle = median_low(ratios)
    ordered = sorted(map(math.log, ratios))
    weights = _weights(len(ordered))
    differences = sorted(
        (one - other, w * v)
        for one, w in zip(ordered, weights, strict=True)
        for other, v in zip(ordered, weights, strict=True)
    )
    sums = list(accumulate(weight for _, weight in differences))
    most = bisect_left(sums, sums[-1] * (1 + LEVEL) / 2)
    wider = BETWEEN_RUNS * _few(len(ratios))
    width = math.exp(differences[min(most, len(differences) - 1)][0] * wider)
    return Estimate(middle, middle / width, middle * width)


def _few(count: int) -> float:
    """Return by how much the interval of *count* rounds is to be wider.

    That is the quantile of Student's t of as many degrees of freedom over the normal one, by the
    expansion of Abramowitz and Stegun, 26.7.5.
    """
    free = max(count - 1, 1)
    z = _Z * _Z
    return 1 + (z + 1) / (4 * free) + (5 * z * z + 16 * z + 3) / (96 * free * free)


def ranks(estimates: Sequence[Estimate]) -> list[int]:
    """Return the rank of each of *estimates*, the smallest ratio first, from 1.

    One whose interval overlaps that of the first of a rank shares it; the next rank is the number
    of those before it and one.
    """
    order = sorted(range(len(estimates)), key=lambda i: estimates[i].ratio)
    found = [0] * len(estimates)
    first = order[0] if order else 0
    for place, i in enumerate(order, 1):
        if place == 1 or estimates[i].low > estimates[first].high:
            first, rank = i, place
        found[i] = rank
    return found
