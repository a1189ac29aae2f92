"""The profiles that a transport can earn.

A profile is a list of clause ids, or of letters that stand for every clause of a family.
Each contains the one before it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["FAMILIES", "PROFILES", "order", "profile_has", "sentences"]

PROFILES = {
    "basic": ("A", "B1", "H"),
    "robust": ("A", "B", "C", "D", "E", "F", "H"),
    "closed": ("A", "B", "C", "D", "E", "F", "G", "H"),
}
"""From the least to the most demanding."""

FAMILIES = {
    "A": "Correct",
    "B": "Clean",
    "C": "Failing",
    "D": "Progress",
    "E": "The caller is not disturbed",
    "F": "Short of resources",
    "G": "Closed to others",
    "H": "Arguments",
}


def profile_has(profile: str, clause: str) -> bool:
    """Tell whether *clause* belongs to *profile*, a key of PROFILES."""
    return any(clause == part or clause[:1] == part for part in PROFILES[profile])


def sentences(root: Path) -> dict[str, str]:
    """Return what each clause says, from the headings of CONFORMANCE.md in *root*."""
    try:
        text = (root / "CONFORMANCE.md").read_text("utf-8")
    except OSError:
        return {}
    return dict(re.findall(r"^### ([A-Z]\d{1,3}) (.+)$", text, re.MULTILINE))


def order(clauses: Iterable[str]) -> list[str]:
    """Sort clause ids as people count: C2 before C10."""

    def key(clause: str) -> tuple[str, int, str]:
        number = re.search(r"\d{1,9}", clause)
        return clause[:1], int(number[0]) if number else 0, clause

    return sorted(clauses, key=key)
