"""Tests of the suite itself: a planted defect fails the clauses that it names, a control none.

They run the suite on each of more than a hundred modules, so they are left out by default; run them
with `pytest -m suite`.  Each defect is tested by the clauses that it names.  With
IPC_CONFORMANCE_EXACT=1 it is tested by all clauses, and no other may fail.  This takes hours, and
has to run as root: some clauses need another user or namespaces.  IPC_CONFORMANCE_ROUNDS says how
often each control is tested.

A defect by which a short run gives no result at all names, in the place of clauses, the test that
tries one: no clause is judged then.

IPC_CONFORMANCE_SHARD="2/12" takes the second of twelve parts of the modules.  The parts are
disjoint, and the twelve together are all modules.
"""

import os
from pathlib import Path

import pytest

from report.clauses import clauses
from tests.selftest import controls, defects
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

ROUNDS = int(os.environ.get("IPC_CONFORMANCE_ROUNDS") or 1)

HONEST = "tests.selftest.defects.honest"  # the correct module from which most defects are made

PLANTED = [name for name in modules_of(defects) if name != HONEST]
CONTROLS = [HONEST, *modules_of(controls)]


@pytest.fixture(scope="session")
def score(request: pytest.FixtureRequest) -> Score:
    """Keep the score of the session."""
    kept = Score(
        "the suite itself",
        f"{'exactly the' if EXACT else 'all'} clauses that they name",
        ("defects", "controls"),
    )
    request.config.pluginmanager.register(kept)
    return kept


@pytest.mark.parametrize("module", shard(PLANTED, SHARD))
def test_a_planted_defect_fails_exactly_its_clauses(
    module: str, score: Score, tmp_path: Path
) -> None:
    """All of them, so that the defect is found; no others, so that the cause is clear."""
    if (lack := missing(module)) is not None:
        pytest.skip(lack)
    expected = caught_by(module)
    tests = [] if EXACT else held_by(expected)
    score.planted += 1
    found, output = set[str](), ""
    for attempt in ("first", "second"):  # some faults are injected at random times
        judged, output = judge(module, tmp_path / attempt, *tests)
        found = failed(judged)
        if not EXACT:  # a test may check more than one clause
            found &= expected
        if found == expected:
            break
    assert found == expected, (
        f"not found by {sorted(expected - found)}, found by {sorted(found - expected)} too:\n"
        f"{output[-6000:]}"
    )
    score.found += 1


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("module", shard(CONTROLS, SHARD))
def test_a_correct_module_passes_every_clause(
    module: str, turn: int, score: Score, tmp_path: Path
) -> None:
    """No clause fails, and at most three are skipped beside those that it says cannot meet it."""
    judged, output = judge(module, tmp_path)
    assert score.passes(module, judged), output[-6000:]
    assert set(judged.values()) <= {"passed", "skipped"}
    unmet = constant(module, "UNMET", ())
    assert isinstance(unmet, tuple)
    assert [*judged.values()].count("passed") >= len(clauses()) - len(unmet) - 3, judged
