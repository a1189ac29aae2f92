"""Tests of the suite itself: a bug that was reported is found by the clause that it breaks.

The bugs are the modules of `reported`, their repaired twins those of `reported.repaired`. They run
the suite on each, so they are left out by default; run them with `pytest -m suite`. By default bug
and twin are tested by the clauses that the bug names. With IPC_CONFORMANCE_EXACT=1 they are tested
by all clauses: what else fails on a bug is printed with the score, and the twin has to pass all of
them. IPC_CONFORMANCE_SHARD="2/12" takes the second of twelve parts of the bugs.

A bug that is not found is what these tests are to tell: its CAUGHT_BY is not changed for that.  One
that is known to be missed says why, in MISSED.
"""

from pathlib import Path

import pytest

from tests.selftest import reported
from tests.selftest.judged import (
    EXACT,
    SHARD,
    Score,
    caught_by,
    constant,
    failed,
    held_by,
    judge,
    missing,
    modules_of,
    shard,
)

REPORTED = modules_of(reported)

_SHORT_RUN = ": nothing was judged: run(1000, 2) "  # what the suite says where that run fails

# Some bugs are races that the suite meets by chance, in half of its runs or more.
_ATTEMPTS = 5


def repaired(module: str) -> str:
    """Return the name of the twin of *module*."""
    package, _, name = module.rpartition(".")
    return f"{package}.repaired.{name}"


@pytest.fixture(scope="session")
def score(request: pytest.FixtureRequest) -> Score:
    """Keep the score of the session."""
    kept = Score("reported bugs", "the clause that they name", ("reported bugs", "repaired twins"))
    request.config.pluginmanager.register(kept)
    return kept


@pytest.mark.parametrize("module", shard(REPORTED, SHARD))
def test_a_reported_bug_fails_its_clauses(module: str, score: Score, tmp_path: Path) -> None:
    """One of those that it names: where there are several, each would be right."""
    if (lack := missing(module)) is not None:
        pytest.skip(lack)
    expected = caught_by(module)
    missed = constant(module, "MISSED", "")
    score.planted += 1
    found, output = set[str](), ""
    for attempt in range(_ATTEMPTS):
        place = tmp_path / str(attempt)
        judged, output = judge(module, place, *([] if EXACT else held_by(expected)))
        found = failed(judged)
        if found & expected or missed:
            break
    if EXACT and found - expected:
        score.remarks.append(f"{module} fails {', '.join(sorted(found - expected))} too")
    score.found += bool(found & expected)
    if missed and not found & expected:
        pytest.xfail(str(missed))
    # A race may come in the short run before all clauses: it is found then, and nothing is judged.
    unwrapped = " ".join(output.split())
    assert found & expected or _SHORT_RUN in unwrapped, (
        f"not found by {sorted(expected)}:\n{output[-6000:]}"
    )


@pytest.mark.parametrize("module", shard(REPORTED, SHARD))
def test_its_repaired_twin_passes(module: str, score: Score, tmp_path: Path) -> None:
    """What fails on a twin is a false alarm."""
    twin = repaired(module)
    if (lack := missing(twin)) is not None:
        pytest.skip(lack)
    judged, output = judge(twin, tmp_path, *([] if EXACT else held_by(caught_by(module))))
    assert judged
    assert score.passes(twin, judged), output[-6000:]
