"""What the tests have shown of each transport: the one place where outcomes are collected.

`Results` collects them while pytest runs.  The terminal matrix, the support file and whatever
else needs an outcome read them there.  `Standing` says which level a transport has earned; it
works on the support file, so that the terminal, the page and a merge of several files agree.

This module does not import pytest: a merge of files has to run without it.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from report.clauses import LEVELS, level_has
from report.facts import FACTS, Facts, Plan, clause_of, transport_of
from report.formats import Transport, Verdict, worst

if TYPE_CHECKING:
    import pytest

__all__ = [
    "NOT_JUDGED",
    "Evidence",
    "RecordProperty",
    "Results",
    "Standing",
    "clause_of",
    "reason_of",
    "transport_of",
]

RecordProperty = Callable[[str, object], None]
"""The type of pytest's fixture `record_property`.

A test that has counted something calls it with the id of a clause and a text.
"""

NOT_JUDGED = "not judged: "
"""With this the reason of a skip begins if the test could not judge its clause."""


def _line(text: str) -> str:
    """Return the first line of *text*, and the second where the first ends with a colon."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    return line if len(line) <= 400 else line[:399] + "…"


def reason_of(report: "pytest.TestReport | pytest.CollectReport") -> str:
    """Return in one line why *report* is not a pass."""
    if hasattr(report, "wasxfail") and report.wasxfail:
        return _line(report.wasxfail.removeprefix("reason: "))
    if isinstance(report.longrepr, tuple):
        return _line(report.longrepr[2].removeprefix("Skipped: "))
    crash = getattr(report.longrepr, "reprcrash", None)
    # With pytest-xdist, longreprtext begins with a line about the process.
    written = report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
    text: str = crash.message if crash else written
    return _line(text.removeprefix("Failed: "))  # what pytest.fail() puts before its text


def _unsupported(name: str, reason: str) -> str | None:
    """Return why transport *name* is unsupported, if that is the *reason* of a report."""
    for begin in (f"{name}: ", f"required transport {name} is unsupported: "):
        if reason.startswith(begin):
            return reason.removeprefix(begin)
    return None


@dataclass
class Evidence:
    """What the tests of one transport have shown.

    unsupported: why the transport cannot be had here, or None.
    verdicts: by clause, a verdict for each of its tests that was run.
    messages: outcomes of the tests of its channel.
    notes: what tests of clauses have counted.
    judged: whether a test of a clause was run; it may have found the transport unsupported.
    """

    unsupported: str | None = None
    verdicts: dict[str, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    messages: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    judged: bool = False


class Results:
    """Collects the outcomes of a run of pytest, from its reports alone.

    sentences: what each clause says, for all clauses of the suite, run or not.
    transports: what was tested, in the order in which the tests were run.
    skips: the transports on which a clause was skipped, by "CLAUSE skipped: REASON".
    failed: node ids of all tests that failed, also of those that test no clause.
    passed_unexpectedly: the reason for which a clause was expected to fail on a transport, by
        transport and clause, where one of its tests passed.
    remarks: lines to print in red below the matrix.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        """Start empty.

        sentences: of the clauses of CONFORMANCE.md.
        """
        self.sentences = dict(sentences)
        self.transports: dict[str, Evidence] = defaultdict(Evidence)
        self.skips: dict[str, set[str]] = defaultdict(set)
        self.failed: set[str] = set()
        self.passed_unexpectedly: dict[tuple[str, str], str] = {}
        self.remarks: list[str] = []
        self._planned = False
        self._pending: dict[tuple[str, str], set[str]] = {}
        self._incomplete: set[str] = set()
        self._left: dict[str, set[str]] = {}

    def expect(self, plan: Plan) -> None:
        """Learn what is to be run.  The plan of another process is the same, and is ignored."""
        if self._planned:
            return
        self._planned = True
        self._pending = {(transport, clause): set(ids) for transport, clause, ids in plan["tests"]}
        self._incomplete = set(plan["incomplete"])
        self._left = {name: set(ids) for name, ids in plan["selected"].items()}
        self.sentences = {**plan["sentences"], **self.sentences}

    def add(self, report: "pytest.TestReport") -> None:
        """Take in the *report* of a test: of its setup, its call or its teardown."""
        if report.failed:
            self.failed.add(report.nodeid)
        facts: Facts | None = getattr(report, FACTS, None)
        if facts is None:
            return
        name = facts["transport"]
        if report.when == "teardown":
            self._left.get(name, set()).discard(report.nodeid)
        if report.when == "call" or not report.passed:
            self._add(facts, report)

    def _add(self, facts: Facts, report: "pytest.TestReport") -> None:
        name, clause = facts["transport"], facts["clause"]
        evidence = self.transports[name]
        reason = reason_of(report) if not report.passed else ""
        if probed := report.when == "setup" and (why := _unsupported(name, reason)) is not None:
            evidence.unsupported = why
        evidence.judged = evidence.judged or facts["judges"]
        if facts["channel"]:
            evidence.messages.append(report.outcome)
        if clause is None:
            return
        self._pending.get((name, clause), set()).discard(report.nodeid)
        if report.when == "call":
            evidence.notes += [f"{key} {text}" for key, text in report.user_properties]
        if not probed:
            evidence.verdicts[clause].append(self._verdict(name, clause, reason, report))

    def _verdict(self, name: str, clause: str, reason: str, report: "pytest.TestReport") -> Verdict:
        if report.passed:
            if declared := getattr(report, "wasxfail", ""):
                self.passed_unexpectedly[name, clause] = declared.removeprefix("reason: ")
            return {"outcome": "passed"}
        verdict: Verdict = {"outcome": report.outcome, "reason": reason}
        if hasattr(report, "wasxfail"):
            verdict["outcome"] = "expected"
        elif report.skipped and reason.startswith(NOT_JUDGED):
            verdict |= {"outcome": "not judged", "reason": reason.removeprefix(NOT_JUDGED)}
        elif report.skipped:
            self.skips[f"{clause} skipped: {reason}"].add(name)
        return verdict | {"test": report.nodeid[:2000]}

    def finished(self, name: str) -> bool:
        """Tell whether all tests of transport *name* were run."""
        return name in self._left and not self._left[name]

    def judged(self) -> dict[str, Evidence]:
        """Return the transports of which clauses were tested."""
        return {name: evidence for name, evidence in self.transports.items() if evidence.judged}

    def partial(self, name: str, clause: str) -> bool:
        """Tell whether a test of *clause* was left out, or was not run yet, on transport *name*.

        Tests that a run leaves out by default do not count.
        """
        return clause in self._incomplete or bool(self._pending.get((name, clause)))

    def transport(self, name: str) -> Transport:
        """Return what the support file says of *name*: for each clause the worst verdict."""
        evidence = self.transports[name]
        clauses = {}
        for clause, verdicts in evidence.verdicts.items():
            verdict = worst(verdicts)
            if self.partial(name, clause):
                verdict = {**verdict, "partial": True}
            clauses[clause] = verdict
        return {"unsupported": None if clauses else evidence.unsupported, "clauses": clauses}

    def to_write(self) -> dict[str, Transport]:
        """Return all transports by the names that the support file has, sorted."""
        found: dict[str, Transport] = {}
        for name in self.judged():
            shown = again = _shown(name)
            count = 1
            while again in found:  # two files of one name, from two directories
                count += 1
                again = f"{shown} ({count})"
            found[again] = self.transport(name)
        return dict(sorted(found.items()))


def _shown(name: str) -> str:
    """Return the name to publish: of a file without its directories, which are private."""
    return (Path(name).name if os.sep in name else name)[:200] or "?"


class Standing:
    """What a transport has shown on a platform, and the level that it has earned by that.

    failed, skipped, not_judged, missing, partial: ids of clauses; one that failed is not in
        `partial`.
    passed, judged: how many clauses.
    complete: whether each clause was judged as a whole, or skipped.
    states: of each level, "yes", "fail" or "open": not all of it was judged.
    earned: the highest level, or None.
    """

    def __init__(self, transport: Transport, known: Collection[str]) -> None:
        """Count outcomes and find the level.

        known: the ids of all clauses that there are.
        """
        verdicts = {c: transport["clauses"][c] for c in known if c in transport["clauses"]}
        outcomes = {clause: verdict["outcome"] for clause, verdict in verdicts.items()}
        self.failed = [c for c, outcome in outcomes.items() if outcome in {"failed", "expected"}]
        self.skipped = [c for c, outcome in outcomes.items() if outcome == "skipped"]
        self.not_judged = [c for c, outcome in outcomes.items() if outcome == "not judged"]
        self.passed = [*outcomes.values()].count("passed")
        self.judged = self.passed + len(self.failed)
        self.missing = [clause for clause in known if clause not in outcomes]
        self.partial = [c for c, v in verdicts.items() if v.get("partial") and c not in self.failed]
        self.complete = not (self.missing or self.not_judged or self.partial)
        self.states: dict[str, str] = {}
        self.earned: str | None = None
        for level, parts in LEVELS.items():
            mine = {clause for clause in known if level_has(level, clause)}
            # A file may know none of the clauses of a family.
            whole = all(any(part in {clause, clause[:1]} for clause in mine) for part in parts)
            if mine & set(self.failed):
                self.states[level] = "fail"
            elif not whole or mine & {*self.missing, *self.partial, *self.not_judged}:
                self.states[level] = "open"
            else:
                self.states[level] = "yes"
                self.earned = level

    def share(self) -> str:
        """Return 'passed/judged', with '?' if not all was judged; '-' if all was skipped."""
        if self.skipped and not (self.judged or self.not_judged or self.missing):
            return "-"
        return f"{self.passed}/{self.judged}{'' if self.complete else '?'}"
