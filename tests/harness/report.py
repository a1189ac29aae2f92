"""The tally: what became of each clause on each transport, and the support matrix of it."""

import shlex
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence

import pytest

from tests import harness
from tests.harness.clauses import FAMILIES, PROFILES, clauses, profile_has

_notes: dict[str, list[str]] = defaultdict(list)

Outcomes = Mapping[str, list[str]]


def note(transport: str, clause: str, text: str) -> None:
    """Keep what a test has counted, to be told below the matrix (-v)."""
    _notes[transport].append(f"{clause} {text}")


def clause_of(item: pytest.Item) -> tuple[str, str] | None:
    """Return the clause that *item* holds, and the transport that it is tried on."""
    marker, callspec = item.get_closest_marker("clause"), getattr(item, "callspec", None)
    if marker is None or callspec is None or "transport" not in callspec.params:
        return None
    return marker.args[0], callspec.params["transport"]


def _cell(outcomes: Outcomes) -> str:
    """Return 'passed/judged', the clauses not passed, and '+n skipped'."""
    judged = {c: o for c, o in outcomes.items() if set(o) != {"skipped"}}
    failed = [clause for clause, seen in judged.items() if "failed" in seen]
    expected = [clause for clause, seen in judged.items() if "expected" in seen]
    text = f"{len(judged) - len(failed) - len(expected)}/{len(judged)}"
    if len(outcomes) > len(judged):
        text += f" +{len(outcomes) - len(judged)} skipped"
    if expected:
        text += f" ({','.join(expected)} expected to fail)"
    return text + (f" not {','.join(failed)}" if failed else "")


def _messages(seen: Sequence[str]) -> str:
    """Return 'passed/judged' of the tests of a channel, or '-' if it has none."""
    judged = [outcome for outcome in seen if outcome != "skipped"]
    if not judged:
        return "-"
    passed = judged.count("passed")
    return f"{passed}/{len(judged)}" + (" FAILED" if passed < len(judged) else "")


class Tally:
    """A plugin that counts, explains failures, and prints the support matrix."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._channels: dict[str, list[str]] = defaultdict(list)
        self._skips: dict[str, set[str]] = defaultdict(set)
        self._partial: set[tuple[str, str]] = set()
        self._asked: dict[str, None] = {}

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Remember the clauses that are not tried with all of their tests."""
        default = [item for item in items if item.get_closest_marker("exhaustive") is None]
        self._partial |= {found for item in default if (found := clause_of(item)) is not None}

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Expect the failures that a module declares."""
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "transport" in callspec.params:
            self._asked[callspec.params["transport"]] = None
        if (found := clause_of(item)) is not None:
            clause, name = found
            expected = harness.support(harness.module_of(name)).expected_failures
            if clause in expected:
                item.add_marker(pytest.mark.xfail(reason=expected[clause], strict=False))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what became of the clause; where it failed, say what that means."""
        report = yield
        if self._config.getoption("benchmark_only", False):  # which skips every clause
            return report
        if "channel" in getattr(item, "fixturenames", ()) and (
            report.when == "call" or report.outcome != "passed"
        ):
            self._channels[item.callspec.params["transport"]].append(report.outcome)  # type: ignore[attr-defined]
        if (found := clause_of(item)) is None:
            return report
        clause, name = found
        if report.when == "call" or report.outcome != "passed":
            seen = "expected" if report.skipped and hasattr(report, "wasxfail") else report.outcome
            self._outcomes[name][clause].append(seen)
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            if seen == "skipped" and harness.support(harness.module_of(name)).reason is None:
                self._skips[f"{clause} {reason}"].add(name)
        if report.failed:
            report.sections.append((f"clause {clause}", self._explain(clause, name, item)))
        return report

    def _explain(self, clause: str, name: str, item: pytest.Item) -> str:
        told = clauses().get(clause)
        own = [] if name in harness.NAMES else [f"--transport={name}"]
        again = shlex.join(["python3", "bootstrap.py", "test", *own, item.nodeid])
        lines = [f"{clause} {told.sentence}"] if told else []
        lines += [f"Usual cause and remedy: {told.remedy}"] if told else []
        return "\n".join([*lines, f"Again: {again}", f"More: CONFORMANCE.md, {clause}"])

    def _unexpected(self) -> list[str]:
        """Return a line for each clause that passed, and was declared to fail."""
        return [
            f"{name}: {clause} passed, and is in EXPECTED_FAILURES: {reason}"
            for name, outcomes in self._outcomes.items()
            for clause, reason in harness.support(harness.module_of(name)).expected_failures.items()
            if set(outcomes.get(clause, ())) == {"passed"} and (clause, name) not in self._partial
        ]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run for a clause that passed unexpectedly."""
        if self._unexpected() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print a row for each transport that was asked for: clauses passed of those judged."""
        write = terminalreporter.line
        reasons = {name: harness.support(harness.module_of(name)).reason for name in self._asked}
        if not self._outcomes:  # of a run of benchmarks, or of a few tests: only what is missing
            for name, reason in reasons.items():
                if reason is not None:
                    write(f"{name} is unsupported: {reason}", yellow=True)
            return
        heads, rows = self._table(reasons)
        widths = [
            max(len(row[i]) for row in [heads, *(row for row in rows if len(row) > 2)])
            for i in range(len(heads))
        ]
        widths[0] = max(len(row[0]) for row in [heads, *rows])
        terminalreporter.section("support matrix", sep="-", blue=True)
        more = "; messages: tests of the channel" if self._channels else ""
        write(f"clauses passed / clauses judged{more}")
        for row in [heads, *rows]:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            bad = " not " in line or "FAILED" in line
            write(line.rstrip(), red=bad, yellow=len(row) == 2)
        for skip, names in self._skips.items():
            write(f"{skip}: {', '.join(sorted(names))}")
        if self._config.option.verbose > 0:
            for name, notes in _notes.items():
                write(f"{name.rpartition('.')[2]}: {'; '.join(notes)}")
        for text in self._unexpected():
            write(text, red=True)

    def _table(self, reasons: Mapping[str, str | None]) -> tuple[list[str], list[list[str]]]:
        tried = {clause for outcomes in self._outcomes.values() for clause in outcomes}
        families = [family for family in FAMILIES if any(c[0] == family for c in tried)]
        heads = ["transport", *(f"{family} {FAMILIES[family]}" for family in families)]
        heads += [*(["messages"] if self._channels else []), "all"]
        rows = []
        for name, outcomes in self._outcomes.items():
            if (reason := reasons.get(name)) is not None:
                rows.append([name, f"unsupported: {reason}"])
                continue
            cells = [_cell({c: o for c, o in outcomes.items() if c[0] == f}) for f in families]
            cells += [_messages(self._channels[name])] if self._channels else []
            rows.append([name, *cells, _cell(outcomes)])
        levels = {row[0]: self._profile(row[0]) for row in rows if len(row) > 2}
        if any(levels.values()):
            heads.append("profile")
            for row in rows:
                if row[0] in levels:
                    row.append(levels[row[0]] or "-")
        return heads, rows

    def _profile(self, name: str) -> str:
        """Return the highest level that is earned: no clause of it failed, and all were tried."""
        outcomes = self._outcomes[name]
        bad = {clause for clause, seen in outcomes.items() if {"failed", "expected"} & set(seen)}
        tried = {clause for clause in outcomes if (clause, name) not in self._partial}
        earned = ""
        for profile in PROFILES:
            asked = {clause for clause in clauses() if profile_has(profile, clause)}
            if bad & asked or not asked <= tried:
                break
            earned = profile
        return earned
