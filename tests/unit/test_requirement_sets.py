"""Requirement sets: the files are up to date, a frozen set keeps its clauses, and runs obey one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from report import requirement_sets
from report.clauses import FIRST, clauses, level, order
from report.requirement_sets import RequirementSet, judged, numbers, read, told
from tests.harness import ROOT, selection
from tests.selftest.requirement_sets import Overdue, dumps, files, frozen_versions, made
from tests.selftest.support_file import run_suite, support_of

NEWEST = read(max(numbers()))


def _set(number: int, *lost: str, version: str = "0.2.0") -> RequirementSet:
    """Return the newest set as set *number* of *version*, without the clauses *lost*."""
    kept = [each for each in NEWEST["clauses"] if each["id"] not in lost]
    return {**NEWEST, "set": number, "version": version, "clauses": kept}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory with CONFORMANCE.md, and with a set 7 that has all clauses but A6."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "CONFORMANCE.md").symlink_to(ROOT / "CONFORMANCE.md")
    requirement_sets.path(7, tmp_path).write_text(dumps(_set(7, "A6")))
    return tmp_path


def test_the_files_are_as_the_command_writes_them() -> None:
    """If not: python -m tests.selftest.requirement_sets."""
    assert {place: place.read_text("utf-8") for place in files()} == files()


def test_the_newest_set_has_all_clauses_each_with_a_proof() -> None:
    """A clause by which no planted bug is found proves nothing."""
    assert [each["id"] for each in NEWEST["clauses"]] == [*clauses()]
    for each in NEWEST["clauses"]:
        assert each["tests"], each["id"]
        assert each["planted"], each["id"]
        for proof in (*each["planted"], *each["reported"]):
            assert (ROOT / proof).is_file()


def test_a_clause_keeps_its_level_and_its_version() -> None:
    """In all sets: another level, or another meaning, would be another clause."""
    for number in numbers():
        for each in read(number)["clauses"]:
            known = clauses().get(each["id"])
            assert known is None or each["since"] == known.since
            assert known is None or each["level"] == level(each["id"])


def test_a_clause_that_came_later_says_since_when() -> None:
    """The version of the first set that has it: *Since:* in CONFORMANCE.md."""
    before: set[str] = set()
    for number in numbers():
        new = [each for each in read(number)["clauses"] if each["id"] not in before]
        assert {each["since"] for each in new} == {read(number)["version"]}
        before |= {each["id"] for each in new}


def test_since_is_read_from_the_clause(tmp_path: Path) -> None:
    """Without it, the clause is of the first version."""
    text = "### A1 One\n\n*Since:* 0.3.0\n\n*Held by:* `test_one`\n\n### A2 Two\n\n*Why:* so\n"
    (tmp_path / "CONFORMANCE.md").write_text(text)
    assert {k: c.since for k, c in clauses(tmp_path).items()} == {"A1": "0.3.0", "A2": FIRST}


def test_a_version_is_frozen_when_the_changelog_gives_its_date() -> None:
    """As Keep a Changelog writes it."""
    text = "## Unreleased\n\n## 0.3.0\n\n## 0.2.0 - 2026-11-26\n\nnot ## 0.1.0 - 2026-01-01\n"
    assert frozen_versions(text) == {"0.2.0"}


def test_a_set_that_is_not_frozen_takes_all_clauses() -> None:
    """And the version of the suite."""
    found = made({1: _set(1, "A6", version="0.0.9")}, set(), "0.2.0")
    assert found == {1: _set(1)}
    assert made({}, set(), "0.2.0") == {1: _set(1)}


def test_a_frozen_set_keeps_its_clauses_and_their_words() -> None:
    """A new clause makes a new set; the proofs are those of today."""
    old = _set(1, "A6")
    old["clauses"][0] = {**old["clauses"][0], "sentence": "as it was", "planted": []}
    found = made({1: old}, {"0.2.0"}, "0.3.0")
    assert [*found] == [1, 2]
    first = found[1]["clauses"][0]
    assert (first["sentence"], first["planted"]) == ("as it was", NEWEST["clauses"][0]["planted"])
    assert "A6" not in {each["id"] for each in found[1]["clauses"]}
    assert found[2] == _set(2, version="0.3.0")
    with pytest.raises(Overdue, match="raise the version"):
        made({1: old}, {"0.2.0"}, "0.2.0")


def test_a_frozen_set_that_has_all_clauses_is_the_last() -> None:
    """Nothing new is due."""
    assert made({1: _set(1)}, {"0.2.0"}, "0.3.0") == {1: _set(1)}


def test_a_set_judges_by_its_clauses_alone(place: Path) -> None:
    """What is said of it names those that it lacks, and those that there are no more."""
    assert numbers(place) == [7]
    assert [*judged(7, place)] == [clause for clause in clauses() if clause != "A6"]
    assert [*judged(None, place)] == [*clauses()]
    assert told(7, place) == f"set 7, {len(clauses()) - 1} clauses; not in it: A6"
    assert told(None, place) == f"all {len(clauses())} clauses: set 7 and A6"
    (place / "CONFORMANCE.md").unlink()
    (place / "CONFORMANCE.md").write_text("### A1 One\n\n### A6 Six\n")
    clauses.cache_clear()
    assert [*judged(7, place)] == ["A1"]
    withdrawn = ", ".join(order(clauses().keys() - {"A1", "A6"}))
    assert told(7, place) == f"set 7, 1 clauses; not in it: A6; withdrawn since: {withdrawn}"


def test_clause_and_set_are_both_obeyed() -> None:
    """All clauses of the set without --clause; None, which is all clauses, without both."""
    assert selection.clauses_of([]) is None
    assert selection.clauses_of([], 1) == {each["id"] for each in read(1)["clauses"]}
    assert selection.clauses_of(["A"], 1) == {"A1", "A2", "A3", "A4", "A5", "A6"}
    with pytest.raises(pytest.UsageError, match="clause or family Q1 in requirement set 1"):
        selection.clauses_of(["Q1"], 1)


@pytest.mark.parametrize("spread", [[], ["-n2"]], ids=["serial", "spread"])
def test_a_run_by_a_set_knows_no_other_clause(tmp_path: Path, spread: list[str]) -> None:
    """In a copy of the suite, with a set that has three clauses."""
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".git", ".*_cache", ".venv*", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    lost = clauses().keys() - {"A1", "H1", "H2"}
    number = max(numbers()) + 1
    requirement_sets.path(number, copy).write_text(dumps(_set(number, *lost)))
    out = tmp_path / "out"
    given = ["--transport=pipe", "--transport=unix", f"--report-dir={out}"]
    options = [*given, *spread, f"--requirements={number}", "tests/clauses"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=copy,
        env=os.environ | {"IPC_CONFORMANCE_FROM": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"requirements: set {number}, 3 clauses; not in it: A2, A3" in done.stdout
    support = support_of(out, done.stdout)
    assert support["suite"]["requirements"] == number
    assert [*support["clauses"]] == ["A1", "H1", "H2"]
    for name in ("pipe", "unix"):
        assert {*support["transports"][name]["clauses"]} == {"A1", "H1", "H2"}


def test_a_set_that_there_is_not_is_wrong_use(tmp_path: Path) -> None:
    """And the sets that there are are named."""
    done = run_suite(ROOT, "--requirements=999", f"--report-dir={tmp_path}", "--co")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--requirements: invalid choice: 999" in done.stderr
    assert json.dumps(numbers())[1:-1] in done.stderr
