"""The fixture by which the tests of a table tell what was found."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks import break_even, open_loop
from tests.benchmarks.meter import METER
from tests.benchmarks.plugin import TABLES
from tests.benchmarks.tables import Entry, Row


@pytest.fixture
def tell(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> Callable[[], None]:
    """Return what tells the figures of the test, or raises the error that its contender met."""

    def told() -> None:
        tables = request.config.stash[TABLES]
        entry, row = tables.row(request.node.nodeid)
        if (error := row.series.error or row.no_order) is not None:
            METER.fail(benchmark, error)
        if not row.series.samples:
            METER.fail(benchmark, pytest.skip.Exception("interrupted before it was measured"))
        benchmark.group = entry.group
        METER.replay(benchmark, (sample.seconds for sample in row.series.samples))
        benchmark.extra_info |= figures(entry, row)
        benchmark.extra_info |= more(entry, row, [*tables.rows(request.node.nodeid).values()])

    return told


def figures(entry: Entry, row: Row) -> dict[str, Any]:
    """Return what extra_info has of a row: ratios with intervals, rank, percentiles, rates."""
    found: dict[str, Any] = {"kind": entry.kind, **entry.info}
    estimates = row.ratios | ({"floor_itself": row.itself} if row.itself else {})
    for name, each in estimates.items():
        found[name] = round(each.ratio, 4)
        found[f"{name}_low"], found[f"{name}_high"] = round(each.low, 4), round(each.high, 4)
    if row.rank is not None:
        found["rank"] = row.rank
    found |= {f"no_{name.removeprefix('x_')}": reason for name, reason in row.missing.items()}
    if "x_redis" in row.ratios:
        found["redis_over_it"] = round(1 / row.ratios["x_redis"].ratio, 4)
    seconds = sorted(sample.seconds for sample in row.series.samples)
    if entry.kind == "latency":
        found["p50_us"] = round(seconds[len(seconds) // 2] * 1e6, 2)
    if times := sorted(time for sample in row.series.samples for time in sample.times):
        for key, per_mille in (("p50_us", 500), ("p99_us", 990), ("p999_us", 999)):
            found[key] = round(times[len(times) * per_mille // 1000] / 1e3, 2)
    if entry.kind == "stream":
        rate = 1 / seconds[len(seconds) // 2]
        found["messages_per_s"] = round(rate)
        found["mib_per_s"] = round(rate * entry.info["size"] / (1 << 20), 1)
    return found


def more(entry: Entry, row: Row, rows: Sequence[Row]) -> dict[str, float]:
    """Return what extra_info has of a row of latency under load or of break-even.

    rows: of the whole table.
    """
    if entry.kind == "load":
        return open_loop.figures(row.series, row.beside.get("x_c"))
    if entry.kind == "even":
        good = [each.series for each in rows if each.series.error is None]
        return break_even.figures(row.series, good)
    return {}
