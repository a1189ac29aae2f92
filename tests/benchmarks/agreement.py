"""Whether two runs of the benchmarks say the same.

    python -m tests.benchmarks.agreement ONE.json OTHER.json

The files are of --benchmark-json.  It prints in which share of the rows each run's ratio lies in
the other's interval, by how much ratios differ, and for each table Kendall's tau of the ranks.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from report.formats import Bench, Refused, Row, read
from report.which import Ratio, ratio_of


@dataclass(frozen=True)
class Pair:
    """A row in both runs."""

    one: Row
    other: Row


def pairs(one: Bench, other: Bench) -> list[Pair]:
    """Return the rows that both runs have, by the titles of their tables and their names."""
    theirs = {(row.group, row.name): row for row in other.rows}
    return [
        Pair(row, theirs[row.group, row.name])
        for row in one.rows
        if (row.group, row.name) in theirs
    ]


def _both(found: Sequence[Pair], name: str) -> list[tuple[Ratio, Ratio]]:
    """Return the ratio *name* of each row in both runs, where both have it."""
    ratios = [(ratio_of(pair.one, name), ratio_of(pair.other, name)) for pair in found]
    return [(one, other) for one, other in ratios if one is not None and other is not None]


def within(found: Sequence[Pair], name: str) -> tuple[int, int]:
    """Return in how many rows each ratio lies in the interval of the other, and of how many."""
    both = _both(found, name)
    good = [a[1] <= b[0] <= a[2] and b[1] <= a[0] <= b[2] for a, b in both]
    return sum(good), len(good)


def differences(found: Sequence[Pair], name: str) -> list[float]:
    """Return by how much the ratios of each row differ, as a part of the smaller one, sorted."""
    return sorted(max(a[0], b[0]) / min(a[0], b[0]) - 1 for a, b in _both(found, name))


def tau(ranks: Sequence[tuple[float, float]]) -> float | None:
    """Return Kendall's tau of ranks in two runs, or None if there are no two rows.

    A pair that either run ties counts as agreement: a tie means no known difference, so it does not
    contradict the order in the other run.
    """
    found = [(a[0] - b[0]) * (a[1] - b[1]) >= 0 for a, b in combinations(ranks, 2)]
    return (2 * sum(found) - len(found)) / len(found) if found else None


def lines(one: Bench, other: Bench) -> list[str]:
    """Return what is to be printed."""
    found = pairs(one, other)
    said = []
    for ratio in ("x_floor", "x_c"):
        good, count = within(found, ratio)
        if not count:
            continue
        by = differences(found, ratio)
        median, nine, most = (by[min(count - 1, count * share // 100)] for share in (50, 90, 100))
        said.append(
            f"{ratio.replace('_', ' ')}: {good} of {count} rows ({100 * good / count:.0f} %) within"
            f" each other's intervals; the ratios differ by {100 * median:.1f} % (median), "
            f"{100 * nine:.1f} % (90 of 100), {100 * most:.0f} % at most"
        )
    tables: dict[str, list[tuple[float, float]]] = {}
    for pair in found:
        ranks = (pair.one.info.get("rank"), pair.other.info.get("rank"))
        if isinstance(ranks[0], float) and isinstance(ranks[1], float):
            tables.setdefault(pair.one.group, []).append((ranks[0], ranks[1]))
    for title, table in sorted(tables.items()):
        if (value := tau(table)) is not None:
            said.append(f"tau {value:5.2f}  {title}")
    return said


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agreement")
    parser.add_argument("files", nargs=2, type=Path, metavar="FILE")
    runs = []
    for path in parser.parse_args().files:
        try:
            content = read(path)
        except Refused as error:
            sys.exit(f"{path} {error}")
        if not isinstance(content, Bench):
            sys.exit(f"{path} is no file of pytest-benchmark")
        runs.append(content)
    print("\n".join(lines(*runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
