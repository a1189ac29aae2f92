"""Which clause tells a failure: one cause is told once, and a clause fails for what it names.

`settle` gets a failure that a test of a clause has met.  It fails that clause.  Where the failure
belongs to another clause, the test is "not judged", or it fails in one line, "as C1".

What has been seen is kept for each transport in the process that runs its tests.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from tests.harness import limits, plain
from tests.harness.hang import Explained
from tests.harness.trouble import Crashed, Hung, Inexact, Trouble, not_judged

__all__ = ["is_repeat", "note", "settle"]

# Clauses and families that say of a run that it ends: of one that loses a worker, and of any other.
# Each other clause leaves a hang to one of these.
_OF_DEATHS = ("C",)
_OF_ENDS = ("A", "C", "D", "E1", "E7", "E8")

_MOST_CASES = 4  # wrong calls that are tried again in plain surroundings

_AS = re.compile(r"as [A-Z]\d{1,3}: ")

Key = tuple[bool, str]  # of a hang: whether of a death, and its signature


@dataclass
class _Seen:
    """What the tests of one transport have shown so far.

    owners: the clause that tells a hang.
    told: hangs that have been told in full.
    outcomes: of each clause, of its tests so far.
    """

    owners: dict[Key, str] = field(default_factory=dict)
    told: set[Key] = field(default_factory=set)
    outcomes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def cleared(self, clause: str) -> bool:
        """Tell whether tests of *clause* were run, and none has failed."""
        found = self.outcomes.get(clause, set())
        return "passed" in found and "failed" not in found


_seen: dict[str, _Seen] = defaultdict(_Seen)


def note(clause: str, target: str, outcome: str) -> None:
    """Keep the *outcome* of a test of *clause*: "passed", "failed" or "skipped"."""
    _seen[target].outcomes[clause].add(outcome)


def is_repeat(text: str) -> bool:
    """Tell whether *text*, of a failure, says no more than which clause has reported it before."""
    return _AS.match(text) is not None


def settle(clause: str, target: str, trouble: Trouble) -> NoReturn:
    """Fail the test that has met *trouble*, or skip it as not judged."""
    if isinstance(trouble, Hung):
        _settle_hang(clause, target, trouble)
    if clause != "A1" and not _seen[target].cleared("A1") and (why := _plain(target, trouble)):
        not_judged(f"see A1: {why}")
    after_a_death = isinstance(trouble, Inexact) and clause[:1] == "C" and clause != "C1"
    if after_a_death and not _seen[target].cleared("C1") and plain.unanswered(target):
        pytest.fail(f"as C1: {' '.join(str(trouble).splitlines()[:2])}", pytrace=False)
    pytest.fail(str(trouble), pytrace=False)


def _plain(target: str, trouble: Trouble) -> str:
    """Return what is wrong in plain surroundings too, if that explains *trouble*; else ""."""
    if isinstance(trouble, Crashed):
        return plain.small_trouble(target)
    if not isinstance(trouble, Inexact):
        return ""
    cases = {(str(call["n"]), str(call["workers"])) for call in trouble.calls}
    whys = [_of_run(target, *case) for case in sorted(cases)[:_MOST_CASES]]
    return whys[0] if all(whys) else ""


def _of_run(target: str, n: str, workers: str) -> str:
    return plain.run_trouble(target, int(n), int(workers)) if (n + workers).isdigit() else ""


def _says_that_runs_end(clause: str, after_a_death: bool) -> bool:
    return bool({clause, clause[:1]} & {*(_OF_DEATHS if after_a_death else _OF_ENDS)})


def _settle_hang(clause: str, target: str, hung: Hung) -> NoReturn:
    limits.set_hung(target)
    found = hung.outcome.hang
    text = found.text or str(hung)
    head = text.splitlines()[0]
    key = (found.of_a_death, found.signature)
    seen = _seen[target]
    # Without a signature two hangs may have two causes. After a death the cause is likely the same.
    known = found.of_a_death or bool(found.signature)
    owner = seen.owners.get(key) if known else None
    if owner is None and clause == "A3" and found.of_a_death and not plain.unanswered(target):
        not_judged(f"see clauses C: {head}")  # A3 is about results
    if found.computes_alone and "failed" in seen.outcomes.get("A5", ()):
        not_judged(f"see A5: the caller computes itself: {head}")
    if owner is None:
        owner = _owner(clause, target, found)
        seen.owners[key] = owner
    if owner == clause or (seen.cleared(owner) and key not in seen.told):
        if known and key in seen.told:
            pytest.fail(f"as {clause}: {head}", pytrace=False)
        seen.told.add(key)
        pytest.fail(f"HANG: {text}", pytrace=False)
    if _says_that_runs_end(clause, found.of_a_death):
        pytest.fail(f"as {owner}: {head}", pytrace=False)
    not_judged(f"see {owner}: {head}")


def _owner(clause: str, target: str, found: Explained) -> str:
    """Return the clause that tells a hang which *clause* is the first to meet."""
    of_a_death = found.of_a_death or clause[:1] == "F"  # a refusal ends a worker
    if of_a_death and clause[:1] != "C" and plain.unanswered(target):
        return "C1"
    if not of_a_death and clause != "A1" and found.run and _of_run(target, *found.run):
        return "A1"
    return clause
