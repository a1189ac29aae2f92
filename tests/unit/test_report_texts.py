"""What `python -m report` prints of a support file: a summary in Markdown, and a badge."""

import json
import re
from pathlib import Path

import pytest

from report import formats, host, page
from report.__main__ import main
from report.badge import badge
from report.formats import Support, Verdict
from report.summary import summary
from tests.unit import report_samples


def _support(**outcomes: dict[str, Verdict]) -> Support:
    """Return a file with transports, which have passed all clauses but for these *outcomes*."""
    support = report_samples.support(0)
    passed: dict[str, Verdict] = {c: {"outcome": "passed"} for c in report_samples.CLAUSES}
    support["transports"] = {
        name: {"unsupported": None, "clauses": passed | mine} for name, mine in outcomes.items()
    }
    return support


def _cells(text: str, first: str) -> list[str]:
    """Return the cells of the first row that begins with *first*."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_a_summary_has_a_row_for_each_transport() -> None:
    """With its level, and the clauses passed of those judged, by family."""
    text = summary(_support(good={}, bad={"C1": {"outcome": "failed", "reason": "HANG: for ever"}}))
    assert _cells(text, "transport") == ["transport", "level", *"ABCDEFGH"]
    a, b, c = (sum(clause[0] == letter for clause in report_samples.CLAUSES) for letter in "ABC")
    assert _cells(text, "good")[:3] == ["good", "hardened", f"{a}/{a}"]
    shares = [f"{a}/{a}", f"{b}/{b}", f"{c - 1}/{c}"]
    assert _cells(text, "bad")[:5] == ["bad", "basic", *shares]
    assert "| bad | C1 | failed | HANG: for ever |" in text
    assert "- **C1** A worker killed before it opens its end is an error" in text
    assert text.count("\n- **") == 1


def test_a_summary_says_what_was_not_judged_and_what_is_unsupported() -> None:
    """Failures come first."""
    one: dict[str, Verdict] = {
        "A2": {"outcome": "skipped", "reason": "no time"},
        "B2": {"outcome": "not judged", "reason": "see C1"},
        "G1": {"outcome": "expected", "reason": "it is open"},
        "H1": {"outcome": "failed", "reason": "no error"},
    }
    support = _support(one=one)
    support["transports"]["two"] = {"unsupported": "no queues", "clauses": {}}
    text = summary(support)
    told = re.findall(r"^\| one \| (\w\d) \| ([\w ]+) \|", text, re.MULTILINE)
    assert told == [
        ("H1", "failed"),
        ("G1", "expected to fail"),
        ("B2", "not judged"),
        ("A2", "skipped"),
    ]
    assert _cells(text, "two")[1] == "unsupported: no queues"


@pytest.mark.parametrize(("chosen", "words"), [(None, "all {} clauses"), (3, "set 3 ({} clauses)")])
def test_a_summary_names_the_requirements(chosen: int | None, words: str) -> None:
    """And of which suite and platform it is."""
    support = _support(one={})
    support["suite"]["requirements"] = chosen
    told = words.format(len(report_samples.CLAUSES))
    assert f"Requirements: {told}. Suite: 0.0 0123456789ab. Platform: Atlantis" in summary(support)


@pytest.mark.parametrize(("chosen", "words"), [(None, "all clauses"), (3, "set 3")])
def test_the_page_names_the_requirements(chosen: int | None, words: str) -> None:
    """Among the facts of a platform."""
    support = _support(one={})
    support["suite"]["requirements"] = chosen
    text = page.render([formats.Place(support)])
    assert re.search(rf"requirements</th>\s*<td>{words}\b|requirements<td>{words}\b", text)


def test_nothing_in_a_file_is_markup_of_the_summary() -> None:
    """A reason may have any character."""
    reason = "<img src=x> | `a` *b* [c](d)\n# e\n| f |"
    support = _support(one={"A1": {"outcome": "failed", "reason": reason}})
    text = summary(support)
    assert _cells(text, "one | A1")[3] == (r"\<img src=x\> \| \`a\` \*b\* \[c\](d) \# e \| f \|")


@pytest.mark.parametrize(
    ("outcomes", "message", "colour"),
    [
        ({"one": {}}, "hardened", "brightgreen"),
        ({"one": {}, "two": {"G1": {"outcome": "expected"}}}, "robust", "green"),
        ({"one": {"C1": {"outcome": "failed"}}}, "basic", "yellow"),
        ({"one": {}, "two": {"A1": {"outcome": "failed"}}}, "no level", "red"),
        ({}, "not judged", "lightgrey"),
    ],
)
def test_a_badge_has_the_lowest_level(
    outcomes: dict[str, dict[str, Verdict]], message: str, colour: str
) -> None:
    """In the endpoint format of shields.io; an unsupported transport does not count."""
    support = _support(**outcomes)
    support["transports"]["away"] = {"unsupported": "no queues", "clauses": {}}
    assert json.loads(badge(support)) == {
        "schemaVersion": 1,
        "label": "ipc-conformance",
        "message": message,
        "color": colour,
    }
    support["suite"]["requirements"] = 1
    assert json.loads(badge(support))["message"] == f"{message}, set 1"


@pytest.mark.parametrize("command", ["summary", "badge"])
def test_the_command_prints_the_text(
    command: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """In UTF-8; a file that is refused is one line, and status 2."""
    support = _support(größe={})
    (tmp_path / "support.json").write_text(formats.dumps(support))
    assert main([command, str(tmp_path / "support.json")]) == 0
    expected = {"summary": summary, "badge": badge}[command](support)
    assert capsysbinary.readouterr().out == expected.encode()
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "bench.json").write_text(json.dumps(report_samples.benchmark(0)))
    for name, why in (("other", "is neither"), ("bench", "has benchmarks"), ("no", "cannot be")):
        assert main([command, str(tmp_path / f"{name}.json")]) == 2
        assert why in capsysbinary.readouterr().err.decode()


def test_the_commit_of_a_runner_is_that_of_the_suite_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GITHUB_SHA is of the workspace: an action of another repository is elsewhere."""
    (tmp_path / "action").mkdir()
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert host.commit(tmp_path) == "0123456789ab"
    assert host.commit(tmp_path / "action") is None
    monkeypatch.delenv("GITHUB_WORKSPACE")
    assert host.commit(tmp_path) is None
