"""The support matrix: each transport, whether it is supported, the clauses it passed."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_FAMILIES = {
    "A": "correct",
    "B": "clean",
    "C": "failing",
    "D": "progress",
    "E": "undisturbed",
    "F": "scarce",
    "G": "closed",
    "H": "arguments",
}

_notes: dict[str, list[str]] = defaultdict(list)

Verdicts = Mapping[str, Mapping[str, list[str]]]


def note(transport: str, clause: str, text: str) -> None:
    """Keep what a test has counted, to be told below the matrix."""
    _notes[transport].append(f"{clause} {text}")


def _cell(clauses: Mapping[str, list[str]]) -> str:
    """Return 'passed/judged', the clauses not passed, and '+n skipped'."""
    judged = {c: o for c, o in clauses.items() if set(o) != {"skipped"}}
    failed = [clause for clause, outcomes in judged.items() if "failed" in outcomes]
    text = f"{len(judged) - len(failed)}/{len(judged)}"
    if len(clauses) > len(judged):
        text += f" +{len(clauses) - len(judged)} skipped"
    return text + (f" not {','.join(failed)}" if failed else "")


def print_matrix(
    reporter: "pytest.TerminalReporter",
    verdicts: Verdicts,
    reasons: Mapping[str, str | None],
    skips: Mapping[str, set[str]],
) -> None:
    """Print a row for each transport that was asked for: clauses passed of those judged."""
    if not verdicts:  # of a run of benchmarks, or of a few tests: only what is missing
        for name, reason in reasons.items():
            if reason is not None:
                reporter.line(f"{name} is unsupported: {reason}", yellow=True)
        return
    families = [f for f in _FAMILIES if any(c[0] == f for v in verdicts.values() for c in v)]
    heads = ["transport", *(f"{family} {_FAMILIES[family]}" for family in families), "all"]
    rows = []
    for name, reason in reasons.items():
        clauses = verdicts.get(name, {})
        if reason is not None:
            rows.append([name, f"unsupported: {reason}"])
            continue
        cells = [_cell({c: o for c, o in clauses.items() if c[0] == f}) for f in families]
        rows.append([name, *cells, _cell(clauses)])
    widths = [
        max(len(row[i]) for row in [heads, *(row for row in rows if len(row) > 2)])
        for i in range(len(heads))
    ]
    widths[0] = max(len(row[0]) for row in [heads, *rows])
    reporter.section("support matrix", sep="-", blue=True)
    reporter.line("clauses passed / clauses judged")
    for row in [heads, *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        reporter.line(line.rstrip(), red=" not " in line, yellow=len(row) == 2)
    for skip, names in skips.items():
        reporter.line(f"{skip}: {', '.join(sorted(names))}")
    for name, notes in _notes.items():
        reporter.line(f"{name.rpartition('.')[2]}: {'; '.join(notes)}")
