"""The clauses, as CONFORMANCE.md has them."""

import re
from functools import cache
from typing import NamedTuple

from report.profiles import PROFILES, profile_has
from tests.harness import ROOT

__all__ = ["FAMILIES", "PROFILES", "Clause", "clauses", "profile_has"]

FAMILIES = {
    "A": "correct",
    "B": "clean",
    "C": "failing",
    "D": "progress",
    "E": "undisturbed",
    "F": "scarce",
    "G": "closed",
    "H": "arguments",
}


class Clause(NamedTuple):
    """A clause: what it says, the usual cause of a failure and its remedy, and its tests."""

    sentence: str
    remedy: str
    tests: list[str]


@cache
def clauses() -> dict[str, Clause]:
    """Return the clauses by id, in their order."""
    found = {}
    text = (ROOT / "CONFORMANCE.md").read_text("utf-8")
    # A clause is a heading, and all up to the next heading of its level or above.
    clause = r"^### (\w+) ([^\n]+)\n(.*?)(?=^##|\Z)"
    for ident, sentence, body in re.findall(clause, text, re.MULTILINE | re.DOTALL):
        remedy = re.search(r"^\*When it fails:\* (.+?)\n\n", body, re.MULTILINE | re.DOTALL)
        held = re.search(r"^\*Held by:\* (.+?)(?:\n\n|\Z)", body, re.MULTILINE | re.DOTALL)
        found[ident] = Clause(
            sentence,
            " ".join(remedy[1].split()) if remedy else "",
            re.findall(r"`(\w+)`", held[1]) if held else [],
        )
    return found
