"""System calls and bytes of each transport, which are the same in each run; CPU time and memory.

``--counts-write=FILE`` keeps the counts; with ``--counts-compare=FILE`` one that differs, by one
call in some thousand messages, is a failure.
"""

from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.counts import kept
from tests.benchmarks.counts.counted import Figures, counts, figures
from tests.benchmarks.counts.plugin import ROWS
from tests.benchmarks.counts.table import each
from tests.benchmarks.counts.works import RUN, WORKERS, WORKS
from tests.benchmarks.meter import METER

WRITE_OF = 7  # counts; those of a call that differ are not compared
TRIES = 3  # counts, of which one that is as before is enough: the network of a machine may be late


@pytest.mark.benchmark(timer=METER, group=f"counts: CPU time of a run of {WORKERS} workers")
def test_counts(
    benchmark: BenchmarkFixture, transport: str, request: pytest.FixtureRequest
) -> None:
    """What a run takes, a round trip, and a message of a stream."""
    options = request.config.option
    found = figures(transport)
    METER.replay(benchmark, [found.works[RUN.key]["cpu_us"] / 1e6])
    benchmark.extra_info |= _told(found)
    name: str = request.node.callspec.params["transport"]
    request.config.stash[ROWS][name] = found
    for path in filter(None, (options.counts_write, options.counts_compare)):
        if found.no_counts:
            leave = pytest.skip if found.refused else pytest.fail
            leave(f"{name} cannot be counted for {path}: {found.no_counts}")
    if options.counts_write is not None:
        every = [counts(found), *(counts(figures(transport)) for _ in range(WRITE_OF - 1))]
        kept.write(options.counts_write, name, every)
    if options.counts_compare is not None:
        _compare(options.counts_compare, name, transport, found)


def _told(found: Figures) -> dict[str, Any]:
    """Return the figures for JSON: of a run and of a message, and how often each call is made."""
    told: dict[str, Any] = {"kind": "counts", "workers": WORKERS, "n": WORKERS}
    for work in WORKS:
        if work.key in found.works:
            told |= {f"{work.key}_{key}": n for key, n in each(work, found.works[work.key]).items()}
    if found.no_counts:
        return told | {"no_counts": found.no_counts}
    times = {work.key: work.times for work in WORKS if work.key in found.works}
    return told | {"system_calls": counts(found), "times": times}


def _compare(path: Path, name: str, transport: str, found: Figures) -> None:
    """Fail if the counts differ from those in the file, each of `TRIES` times."""
    content = kept.read(path)
    if content["where"] != kept.where():
        pytest.skip(f"{path} has counts of {content['where']}, and this is {kept.where()}")
    before = content["transports"].get(name)
    if before is None:
        pytest.fail(f"{path} has no counts of {name}: --counts-write={path} adds them")
    lines = kept.differences(before, counts(found))
    for _ in range(TRIES - 1):
        if lines:
            lines &= kept.differences(before, counts(figures(transport)))
    if lines:
        pytest.fail(
            f"{name} does not take what {path} says (kernel {content['kernel']}): "
            + "; ".join(sorted(lines))
            + f". If that is meant, --counts-write={path} writes the new counts"
        )
