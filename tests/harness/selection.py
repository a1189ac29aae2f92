"""Which of the collected tests are run: by --clause, --requirements, --level and --transport."""

import re
from collections.abc import Collection, Iterable

import pytest

from report import requirement_sets
from report.clauses import FAMILIES, clauses, level_has
from report.results import clause_of
from tests.harness.smoke import SMOKE

__all__ = ["clauses_of", "deselect", "is_wanted", "keyword", "level_of"]


def level_of(name: str) -> str:
    """Return the level that --level=*name* means: `hardened` was `closed` at first."""
    return "hardened" if name == "closed" else name


def clauses_of(options: Iterable[str], requirements: int | None = None) -> set[str] | None:
    """Return the clauses that --clause and --requirements leave, or None without both.

    options: the values of --clause: clauses and families, separated by commas.  Raises UsageError
        for one that there is not.
    requirements: the number of a requirement set, or None.
    """
    asked = [name for text in options for name in text.upper().split(",") if name]
    known = set(requirement_sets.judged(requirements))
    if not asked:
        return None if requirements is None else known
    found = set()
    for name in asked:
        mine = {clause for clause in known if name in {clause, clause[:1]}}
        if not mine:
            families = ", ".join(f"{letter} ({f.word})" for letter, f in FAMILIES.items())
            within = "" if requirements is None else f" in requirement set {requirements}"
            raise pytest.UsageError(
                f"--clause: there is no clause or family {name}{within}; the families are"
                f" {families}"
            )
        found |= mine
    return found


def keyword(expression: str) -> str:
    """Return *expression*, of -k, with each id of a clause in the form that `deselect` adds.

    -k takes parts of names for the whole, so C1 would find C10 too.
    """
    identifier = r"[\w:+\-.\[\]\\/]+"  # as pytest's own grammar has it

    def exact(match: re.Match[str]) -> str:
        return _keyword(match[0]) if match[0] in clauses() else match[0]

    return re.sub(identifier, exact, expression)


def _keyword(clause: str) -> str:
    return f":{clause}:"


def is_wanted(
    item: pytest.Item, *, benchmarks: bool, own: bool, level: str | None, only: set[str] | None
) -> bool:
    """Tell whether *item* is to be run.

    benchmarks: whether benchmarks are asked for, and nothing else then.
    own: whether transports were given: then tests of none are not wanted.
    level: of --level.
    only: the clauses of --clause and --requirements, or None for all.
    """
    fixtures = getattr(item, "fixturenames", ())
    if ("benchmark" in fixtures) is not benchmarks or (own and "transport" not in fixtures):
        return False
    if getattr(item, "originalname", "") == SMOKE:  # without it, nothing would tell why
        return True
    clause = found[0] if (found := clause_of(item)) else None
    in_level = level is None or (clause is not None and level_has(level, clause))
    return in_level and (only is None or clause in only)


def deselect(
    config: pytest.Config, items: list[pytest.Item], kept: Collection[pytest.Item]
) -> None:
    """Leave the *kept* ones in *items*, in their order."""
    chosen = set(kept)
    lost = [item for item in items if item not in chosen]
    if lost:
        config.hook.pytest_deselected(items=lost)
    items[:] = [item for item in items if item in chosen]
    for item in items:
        if (found := clause_of(item)) is not None:
            item.extra_keyword_matches.add(_keyword(found[0]))
