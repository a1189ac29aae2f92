"""The matrix in the terminal fits its width, and no word is broken."""

from typing import Any

import pytest

from report.clauses import clauses
from report.failures import folded, wrapped
from report.matrix import below, table
from report.results import Evidence, Results
from report.wrapping import wrap
from tests.harness import NAMES

KNOWN = {ident: clause.sentence for ident, clause in clauses().items()}


def _results(*names: str, **outcomes: str) -> Results:
    """Return results in which all clauses passed on transports *names*, but for *outcomes*."""
    results = Results(KNOWN)
    for name in names:
        evidence = Evidence(judged=True, messages=["passed"] * 14)
        for clause in KNOWN:
            verdict: Any = {"outcome": outcomes.get(clause, "passed"), "reason": "it is so"}
            evidence.verdicts[clause].append(verdict)
        results.transports[name] = evidence
    return results


def test_the_matrix_of_the_nine_fits_80_columns() -> None:
    """One line a transport, all columns aligned."""
    rows = table(_results(*NAMES, A1="failed"), 80)
    assert [name for name, _ in rows] == ["", *NAMES]
    lines = [line for _, several in rows for line in several]
    assert len(lines) == len(NAMES) + 1
    assert max(map(len, lines)) <= 80
    head = lines[0]
    assert head.split() == ["transport", *"ABCDEFGH", "channel", "level"]
    for line in lines[1:]:
        assert line[head.index("A")] == "5"
        assert line[head.index("level")] == "-"
    highest = table(_results(*NAMES), 80)
    assert all(len(line) <= 80 for _, several in highest for line in several)
    assert highest[1][1][0].endswith("hardened")


def test_a_long_name_has_a_line_of_its_own() -> None:
    """It is not cut, and the others stay narrow."""
    name = "tests.selftest.controls.slots:channel"
    rows = dict(table(_results("pipe", name), 80))
    assert rows[name][0] == name
    assert rows[name][1].split()[0] == "6/6"
    assert all(len(line) <= 80 for several in rows.values() for line in several)


def test_the_reason_of_an_unsupported_transport_is_wrapped() -> None:
    """Beside its name."""
    results = _results("pipe")
    why = "ModuleNotFoundError: " + "a package " * 12
    results.transports["mpi"] = Evidence(unsupported=why, judged=True)
    lines = dict(table(results, 80))["mpi"]
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(" ".join(lines).split()) == f"mpi unsupported: {why.strip()}"


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_what_was_not_passed_is_below_in_whole_words(columns: int) -> None:
    """No clause id is broken."""
    outcomes = dict.fromkeys(KNOWN, "failed") | {"B1": "not judged", "G1": "expected"}
    results = _results("pipe", **outcomes)
    results.skips["C4 skipped: takes no lock"] |= {"pipe", "fifo"}
    lines = [line for text in below(results) for line in wrap(text, columns)]
    assert all(len(line) <= columns for line in lines)
    words = " ".join(lines).replace(",", "").split()
    assert set(KNOWN) <= set(words)
    text = " ".join(" ".join(lines).split())
    assert "pipe: G1 expected to fail" in text
    assert "pipe: B1 not judged: it is so" in text
    assert "C4 skipped: takes no lock: fifo, pipe" in text


def test_a_family_without_a_whole_verdict_is_marked() -> None:
    """So that 3/3 is not taken for all."""
    lines = dict(table(_results("pipe", B1="not judged"), 80))["pipe"]
    assert "3/3?" in lines[0]
    assert lines[0].endswith("  -")


def test_no_word_is_broken_at_a_hyphen_or_anywhere_else() -> None:
    """A word that is longer than a line stays whole."""
    text = "a-word-with-hyphens " * 9 + "x" * 90
    lines = wrap(text, 50)
    assert " ".join(lines).split() == text.split()


def test_an_explanation_is_wrapped_and_its_command_stays_one() -> None:
    """The lines of a command end in a backslash, so that it can be copied."""
    command = "python3 bootstrap.py test --transport=mine.py 'tests/clauses/test_b.py::test_long'"
    text = f"Usual cause and remedy: {'A word or two. ' * 20}\nAgain: {command} {'-v ' * 20}\nMore"
    lines = wrapped(text, 80).splitlines()
    assert all(len(line) <= 80 for line in lines)
    start = next(i for i, line in enumerate(lines) if line.startswith("Again: "))
    assert all(line.endswith(" \\") for line in lines[start:-2])
    assert not lines[-2].endswith("\\")
    joined = " ".join(line.removesuffix("\\").strip() for line in lines[start:-1])
    assert joined == f"Again: {command} {'-v ' * 20}".strip()


def test_a_long_line_of_a_failure_is_wrapped_and_an_order_stays_whole() -> None:
    """What was indented stays so."""
    lines = folded("  at " + "a word or two, " * 20, 80)
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith("  ") for line in lines)
    assert " ".join(" ".join(lines).split()) == ("at " + "a word or two, " * 20).strip()
    order = f"This order again: --order='{'eldest 1=2 ' * 20}'"
    assert folded(order, 80) == [order]
    assert folded("short", 80) == ["short"]
