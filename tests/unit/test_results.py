"""What is collected of a run of which a part was left out or not judged: no level rests on it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from report import formats, page
from report.__main__ import main
from report.formats import Bench, Place, Support
from report.results import Evidence, Results, Standing
from tests import harness
from tests.unit import report_samples

SUITE = """
import pytest

def pytest_generate_tests(metafunc):
    metafunc.parametrize("transport", ["one"])

@pytest.mark.clause("A1")
def test_sum(transport, record_property):
    record_property("A1", "4 sums")

@pytest.mark.clause("B1")
def test_after_a_return(transport):
    pass

@pytest.mark.clause("B1")
@pytest.mark.parametrize("when", ["early", "late"])
def test_after_an_error(transport, when):
    assert when == "early"

@pytest.mark.exhaustive
@pytest.mark.clause("B1")
def test_all_day(transport):
    pass

@pytest.mark.clause("H1")
def test_arguments(transport):
    pass
"""
CLAUSES = """
### A1 The sum is exact

*Held by:* `test_sum`

### B1 Nothing is left

*Held by:* `test_after_a_return`, `test_after_an_error`, `test_all_day` (exhaustive)

### H1 Arguments are checked

*Held by:* `test_arguments`
"""
INI = """
[pytest]
addopts = -m "not exhaustive"
markers =
    clause(id): x
    exhaustive: x
"""


def _run(directory: Path, *arguments: str) -> tuple[Support, str]:
    """Run a small suite; return its support file and what was printed."""
    (directory / "test_small.py").write_text(SUITE, "utf-8")
    (directory / "CONFORMANCE.md").write_text(CLAUSES, "utf-8")
    (directory / "pytest.ini").write_text(INI, "utf-8")
    plugins = ["-p", "report.plugin", "-p", "no:benchmark", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--report-dir=out", *arguments],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(harness.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    path = directory / "out" / "support.json"
    assert path.exists(), done.stdout + done.stderr
    support = formats.read(path)
    assert not isinstance(support, Bench)
    return support, done.stdout


def _earned(support: Support) -> str | None:
    return Standing(support["transports"]["one"], support["clauses"]).earned


@pytest.mark.parametrize(
    "arguments",
    [
        ["-k", "not late"],
        ["-k", "not error"],
        ["--deselect=test_small.py::test_after_an_error"],
        ["test_small.py::test_sum", "test_small.py::test_after_a_return",
         "test_small.py::test_arguments"],
        ["test_small.py::test_sum", "test_small.py::test_after_a_return",
         "test_small.py::test_after_an_error[one-early]", "test_small.py::test_arguments"],
        ["-m", "exhaustive or not exhaustive", "-k", "not late"],
    ],
)  # fmt: skip
def test_no_level_rests_on_a_clause_of_which_a_test_was_left_out(
    tmp_path: Path, arguments: list[str]
) -> None:
    """The test that was left out is the one that fails: file, page and terminal claim nothing."""
    support, printed = _run(tmp_path, *arguments)
    verdicts = support["transports"]["one"]["clauses"]
    assert verdicts["B1"] == {"outcome": "passed", "partial": True}
    assert verdicts["A1"] == verdicts["H1"] == {"outcome": "passed"}
    assert _earned(support) is None
    assert re.search(r"^one .* -$", printed.split("support matrix")[1], re.MULTILINE)
    assert "one: B1 run in part" in printed
    shown = page.render([Place(support)])
    assert "<b>none</b>" in shown
    assert "B1 run in part" in shown


def test_a_clause_that_a_run_did_not_finish_is_partial(tmp_path: Path) -> None:
    """Here the run ends at the first failure, before the last test of B1."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n", "utf-8"
    )
    support, _ = _run(tmp_path, "-x")
    verdicts = support["transports"]["one"]["clauses"]
    assert verdicts.keys() == {"H1", "B1"}
    assert verdicts["B1"]["outcome"] == "failed"
    assert verdicts["B1"]["partial"] is True


def test_tests_that_are_left_out_by_default_do_not_count(tmp_path: Path) -> None:
    """Without the failure, the level is earned."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_itemcollected(item):\n"
        "    if 'late' in item.name:\n"
        "        item.obj = lambda **_: None\n",
        "utf-8",
    )
    support, printed = _run(tmp_path)
    assert not any("partial" in v for v in support["transports"]["one"]["clauses"].values())
    assert _earned(support) == "basic"
    assert "basic" in printed.split("support matrix")[1]


def test_what_a_test_has_recorded_is_printed_on_demand(tmp_path: Path) -> None:
    """With -v, below the matrix."""
    assert "one: A1 4 sums" in _run(tmp_path, "-v")[1].splitlines()
    assert "4 sums" not in _run(tmp_path)[1]


@pytest.mark.parametrize(
    ("marks", "earned"),
    [
        ((True, True), None),
        ((True, False), "basic"),
        ((False, True), "basic"),
    ],
)
def test_a_merge_claims_nothing_that_no_run_has_tested_whole(
    tmp_path: Path, marks: tuple[bool, ...], earned: str | None
) -> None:
    """Two parts may be the same part; one whole run is enough."""
    support, _ = _run(tmp_path, "-k", "not late")
    verdicts: Any = support["transports"]["one"]["clauses"]
    for i, mark in enumerate(marks):
        verdicts["B1"] = {"outcome": "passed"} | ({"partial": True} if mark else {})
        (tmp_path / str(i)).mkdir()
        (tmp_path / str(i) / "support.json").write_text(json.dumps(support), "utf-8")
    paths = [str(tmp_path / str(i)) for i in range(len(marks))]
    (place,), refused = formats.gather(map(Path, paths))
    assert not refused
    assert place.support
    assert _earned(place.support) == earned
    assert main(["merge", *paths, "-o", str(tmp_path / "site")]) == 0
    shown = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert ("B1 run in part" in shown) is (earned is None)
    assert ("<b>basic</b></span>" in shown) is (earned is not None)


def test_two_files_of_one_name_are_two_transports() -> None:
    """The support file names neither of their directories."""
    results = Results({})
    for name, outcome in (("a/mine.py", "passed"), ("b/mine.py", "failed")):
        evidence = Evidence(judged=True)
        verdict: Any = {"outcome": outcome}
        evidence.verdicts["A1"].append(verdict)
        results.transports[name] = evidence
    written = results.to_write()
    assert [*written] == ["mine.py", "mine.py (2)"]
    assert written["mine.py"]["clauses"]["A1"]["outcome"] == "passed"


NOT_JUDGED = """
import pytest

@pytest.fixture(autouse=True)
def before(request):
    if "early" in request.node.name:
        pytest.skip("not judged: no run was exact")
"""


@pytest.mark.parametrize("late", [True, False], ids=["one fails", "none fails"])
def test_a_clause_of_which_a_test_could_not_judge_is_not_judged(tmp_path: Path, late: bool) -> None:
    """It is a skip to pytest, and no level rests on it; where another test fails, it has failed."""
    conftest = NOT_JUDGED if late else NOT_JUDGED.replace('"early"', '"error"')
    (tmp_path / "conftest.py").write_text(conftest, "utf-8")
    support, printed = _run(tmp_path)
    transport = support["transports"]["one"]
    verdict = transport["clauses"]["B1"]
    assert _earned(support) is None
    if late:
        assert verdict["outcome"] == "failed"
        return
    assert verdict["outcome"] == "not judged"
    assert verdict["reason"] == "no run was exact"
    standing = Standing(transport, support["clauses"])
    assert standing.not_judged == ["B1"]
    assert standing.states["basic"] == "open"
    assert (standing.passed, standing.judged) == (2, 2)
    assert "one: B1 not judged: no run was exact" in printed.splitlines()
    assert "B 0/0?" in printed
    shown = page.render([Place(support)])
    assert "B1</a> not judged" in shown
    assert "no run was exact" in shown


@pytest.mark.parametrize(
    ("other", "merged"),
    [("passed", "not judged"), ("skipped", "not judged"), ("failed", "failed")],
)
def test_a_merge_does_not_judge_what_one_run_could_not(
    tmp_path: Path, other: str, merged: str
) -> None:
    """A failure counts all the same."""
    support, _ = _run(tmp_path, "-k", "not late")
    clauses: Any = support["transports"]["one"]["clauses"]
    for i, outcome in enumerate(("not judged", other)):
        clauses["B1"] = {"outcome": outcome}
        (tmp_path / f"{i}.json").write_text(json.dumps(support), "utf-8")
    (place,), _ = formats.gather([tmp_path / "0.json", tmp_path / "1.json"])
    assert place.support
    assert place.support["transports"]["one"]["clauses"]["B1"]["outcome"] == merged


def test_a_file_of_schema_1_merges_with_one_of_schema_2(tmp_path: Path) -> None:
    """It has no "not judged"; its levels are found anew, so they have the names of today."""
    support: Any = report_samples.support(0)
    old = {**support, "schema": 1}
    for name, content in (("old", old), ("new", support)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), "utf-8")
    (place,), refused = formats.gather([tmp_path])
    assert not refused
    assert place.support
    assert place.support["schema"] == formats.SCHEMA == 2
    (place,), _ = formats.gather([tmp_path / "old.json"])
    assert "<b>hardened</b>" in page.render([place])
