"""The clauses, as CONFORMANCE.md has them, and the levels that a transport can earn.

Like all modules that `python -m report merge` uses, it needs only the standard library.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "FAMILIES",
    "LEVELS",
    "ROOT",
    "Clause",
    "Family",
    "clauses",
    "level",
    "level_has",
    "order",
]

ROOT = Path(__file__).resolve().parents[1]

LEVELS = {
    "basic": ("A", "B1", "H"),
    "robust": ("A", "B", "C", "D", "E", "F", "H"),
    "hardened": ("A", "B", "C", "D", "E", "F", "G", "H"),
}
"""From the least to the most demanding: clause ids, or letters that stand for a whole family.

Each level contains the one before it.
"""


class Family(NamedTuple):
    """A family of clauses: the word at the head of a narrow column, and the title of a section."""

    word: str
    title: str


FAMILIES = {
    "A": Family("correct", "Correct"),
    "B": Family("clean", "Clean"),
    "C": Family("deaths", "Failing"),
    "D": Family("progress", "Progress"),
    "E": Family("undisturbed", "The caller is not disturbed"),
    "F": Family("scarce", "Short of resources"),
    "G": Family("intruders", "Hardened against others"),
    "H": Family("arguments", "Arguments"),
}
"""By the letter with which the ids of their clauses begin."""


FIRST = "0.2.0"
"""The first version of the suite with a tag; clauses without a line "Since" came with it."""


class Clause(NamedTuple):
    """A clause: what it says, the usual cause of a failure with its remedy, and its tests.

    exhaustive: those of its tests that a run leaves out by default.
    since: the version of the suite that first had it.
    """

    sentence: str
    remedy: str
    tests: list[str]
    exhaustive: list[str]
    since: str


@cache
def clauses(root: Path = ROOT) -> dict[str, Clause]:
    """Return the clauses of CONFORMANCE.md in *root* by id, in their order; none without it."""
    found = {}
    try:
        text = (root / "CONFORMANCE.md").read_text("utf-8")
    except OSError:
        return {}
    # A clause is a heading, and all text up to the next heading of its level or above.
    clause = r"^### ([A-Z]\d{1,3}) ([^\n]+)\n(.*?)(?=^##|\Z)"
    for ident, sentence, body in re.findall(clause, text, re.MULTILINE | re.DOTALL):
        remedy = re.search(r"^\*When it fails:\* (.+?)\n\n", body, re.MULTILINE | re.DOTALL)
        since = re.search(r"^\*Since:\* (\d+\.\d+\.\d+)$", body, re.MULTILINE)
        held = re.search(r"^\*Held by:\* (.+?)(?:\n\n|\Z)", body, re.MULTILINE | re.DOTALL)
        found[ident] = Clause(
            sentence,
            " ".join(remedy[1].split()) if remedy else "",
            re.findall(r"`(\w+)`", held[1]) if held else [],
            re.findall(r"`(\w+)`\s+\(exhaustive\)", held[1]) if held else [],
            since[1] if since else FIRST,
        )
    return found


def level_has(level: str, clause: str) -> bool:
    """Tell whether *clause* belongs to *level*, a key of LEVELS."""
    return any(clause == part or clause[:1] == part for part in LEVELS[level])


def level(clause: str) -> str:
    """Return the lowest level that *clause* belongs to."""
    return next(each for each in LEVELS if level_has(each, clause))


def order(clauses: Iterable[str]) -> list[str]:
    """Sort clause ids by letter and number: C2 before C10."""

    def key(clause: str) -> tuple[str, int, str]:
        number = re.search(r"\d{1,9}", clause)
        return clause[:1], int(number[0]) if number else 0, clause

    return sorted(clauses, key=key)
