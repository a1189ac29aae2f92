"""What the tests have shown of each transport: the one place where outcomes are collected.

`Results` collects them while pytest runs.  The terminal matrix, the support file and whatever
else needs an outcome read them there.  `Standing` says which profile a transport has earned; it
works on the support file, so that the terminal, the page and a merge of several files agree.

This module does not import pytest: a merge of files has to run without it.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from report.clauses import PROFILES, Clause, profile_has
from report.formats import Transport, Verdict, worst

if TYPE_CHECKING:
    import pytest

__all__ = ["Evidence", "RecordProperty", "Results", "Standing", "clause_of", "transport_of"]

RecordProperty = Callable[[str, object], None]
"""The type of pytest's fixture `record_property`.

A test that has counted something calls it with the id of a clause and a text.
"""


def transport_of(item: "pytest.Item") -> str | None:
    """Return the transport that *item* tests, as it was given to `--transport`, or None."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or "transport" not in callspec.params:
        return None
    return str(callspec.params["transport"])


def clause_of(item: "pytest.Item") -> tuple[str, str] | None:
    """Return the clause that *item* tests, and on which transport; None without either."""
    marker, transport = item.get_closest_marker("clause"), transport_of(item)
    if marker is None or not marker.args or transport is None:
        return None
    return str(marker.args[0]), transport


def _function(item: "pytest.Item") -> str:
    """Return the name of the test function of *item*, without parameters."""
    return str(getattr(item, "originalname", None) or item.name)


def _line(text: str) -> str:
    """Return the first line of *text*, and the second where the first ends with a colon."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    return line if len(line) <= 400 else line[:399] + "…"


def _reason(report: "pytest.TestReport") -> str:
    """Return in one line why *report* is not a pass."""
    if hasattr(report, "wasxfail") and report.wasxfail:
        return _line(report.wasxfail.removeprefix("reason: "))
    if isinstance(report.longrepr, tuple):
        return _line(report.longrepr[2].removeprefix("Skipped: "))
    crash = getattr(report.longrepr, "reprcrash", None)
    text: str = crash.message if crash else report.longreprtext
    return _line(text.removeprefix("Failed: "))  # what pytest.fail() puts before its text


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
    """Collects the outcomes of a run of pytest.

    sentences: what each clause says, for all clauses of the suite, run or not.
    transports: what was tested, in the order in which the tests were run.
    skips: the transports on which a clause was skipped, by "CLAUSE REASON".
    failed: node ids of all tests that failed, also of those that test no clause.
    remarks: lines to print in red below the matrix.
    """

    def __init__(self, clauses: Mapping[str, Clause], arguments: Sequence[str] = ()) -> None:
        """Start empty.

        clauses: those of CONFORMANCE.md.
        arguments: files, directories and node ids, from the command line.
        """
        self._clauses = clauses
        self._arguments = arguments
        self._pending: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._incomplete: set[str] = set()
        self.sentences = {ident: clause.sentence for ident, clause in clauses.items()}
        self.transports: dict[str, Evidence] = defaultdict(Evidence)
        self.skips: dict[str, set[str]] = defaultdict(set)
        self.failed: set[str] = set()
        self.remarks: list[str] = []

    def collected(self, items: Sequence["pytest.Item"]) -> None:
        """Learn which tests each clause has; to be called before any item is deselected."""
        # A node id such as test_a.py::test_b[pipe-1] takes one case of several.
        last = [argument.rpartition("::")[2] for argument in self._arguments]
        narrowed = {name.partition("[")[0] for name in last if "[" in name}
        functions: dict[str, set[str]] = defaultdict(set)
        for item in items:
            if (found := clause_of(item)) is None:
                continue
            clause, transport = found
            function = _function(item)
            words = function.removeprefix("test_").replace("_", " ")
            self.sentences.setdefault(clause, words)
            functions[clause].add(function)
            if item.get_closest_marker("exhaustive") is None:
                self._pending[transport, clause].add(item.nodeid)
            parameters = item.callspec.params  # type: ignore[attr-defined]
            if function in narrowed and len(parameters) > 1:
                self._incomplete.add(clause)
        for clause, names in functions.items():
            known = self._clauses.get(clause)
            # A path on the command line may leave out a whole function.
            if known is not None and set(known.tests) - set(known.exhaustive) - names:
                self._incomplete.add(clause)

    def add(self, item: "pytest.Item", report: "pytest.TestReport", *, judges: bool = True) -> None:
        """Take in the *report* of *item*: of its setup, its call or its teardown.

        judges: whether this run tests clauses; one of benchmarks skips them all.
        """
        if report.failed:
            self.failed.add(report.nodeid)
        name = transport_of(item)
        if name is None or (report.when != "call" and report.passed):
            return
        evidence = self.transports[name]
        reason = _reason(report) if not report.passed else ""
        # The fixture that probes a transport begins its reason with the name.
        probed = report.when == "setup" and reason.startswith(f"{name}: ")
        if probed:
            evidence.unsupported = reason.removeprefix(f"{name}: ")
        if not judges:
            return
        if "channel" in getattr(item, "fixturenames", ()):
            evidence.messages.append(report.outcome)
        if (found := clause_of(item)) is None:
            return
        clause, _ = found
        evidence.judged = True
        self._pending[name, clause].discard(report.nodeid)
        if report.when == "call":
            evidence.notes += [f"{key} {text}" for key, text in report.user_properties]
        if probed and report.skipped:
            return
        verdict: Verdict = {"outcome": report.outcome}
        if not report.passed:
            if hasattr(report, "wasxfail"):
                verdict["outcome"] = "expected"
            elif report.skipped and isinstance(report.longrepr, tuple):
                self.skips[f"{clause} {report.longrepr[2]}"].add(name)
            verdict |= {"reason": reason, "test": report.nodeid[:2000]}
        evidence.verdicts[clause].append(verdict)

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
        # Where it is required and missing, its clauses have failed; the file says that.
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
    """What a transport has shown on a platform, and the profile that it has earned by that.

    failed, skipped, missing, partial: ids of clauses; one that failed is not in `partial`.
    passed, judged: how many clauses.
    states: of each profile, "yes", "fail" or "open": not all of it was run.
    earned: the highest profile, or None.
    """

    def __init__(self, transport: Transport, known: Collection[str]) -> None:
        """Count outcomes and find the profile.

        known: the ids of all clauses that there are.
        """
        verdicts = {c: transport["clauses"][c] for c in known if c in transport["clauses"]}
        outcomes = {clause: verdict["outcome"] for clause, verdict in verdicts.items()}
        self.failed = [c for c, outcome in outcomes.items() if outcome in {"failed", "expected"}]
        self.skipped = [c for c, outcome in outcomes.items() if outcome == "skipped"]
        self.passed = len(outcomes) - len(self.failed) - len(self.skipped)
        self.judged = self.passed + len(self.failed)
        self.missing = [clause for clause in known if clause not in outcomes]
        self.partial = [c for c, v in verdicts.items() if v.get("partial") and c not in self.failed]
        self.states: dict[str, str] = {}
        self.earned: str | None = None
        for profile, parts in PROFILES.items():
            mine = {clause for clause in known if profile_has(profile, clause)}
            # A file may know none of the clauses of a family.
            whole = all(any(part in {clause, clause[:1]} for clause in mine) for part in parts)
            if mine & set(self.failed):
                self.states[profile] = "fail"
            elif not whole or mine & {*self.missing, *self.partial}:
                self.states[profile] = "open"
            else:
                self.states[profile] = "yes"
                self.earned = profile
