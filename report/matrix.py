"""The support matrix in the terminal: a row for each transport, a column for each family.

During the run, a row appears as soon as all tests of its transport were run.  At the end the whole
matrix stands once, with what was not passed below it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from report.clauses import FAMILIES, order
from report.facts import FACTS, Facts
from report.results import Results, Standing
from report.wrapping import width, wrap

if TYPE_CHECKING:
    import pytest

__all__ = ["Matrix", "below", "row", "table"]

_JOIN = "\xa0"  # between a head and its figure, which stay in one line

LEGEND = "clauses passed / clauses judged"


def _messages(outcomes: Sequence[str]) -> str:
    """Return 'passed/judged' of the tests of a channel, or '-' if it has none."""
    judged = [outcome for outcome in outcomes if outcome != "skipped"]
    return f"{judged.count('passed')}/{len(judged)}" if judged else "-"


def row(results: Results, name: str) -> dict[str, str]:
    """Return the cells of transport *name* by the heads of their columns."""
    evidence, transport = results.transports[name], results.transport(name)
    verdicts = transport["clauses"]
    cells = {}
    for family in FAMILIES:
        if mine := {c: v for c, v in verdicts.items() if c[:1] == family}:
            cells[family] = Standing({"unsupported": None, "clauses": mine}, mine).share()
    if evidence.messages:
        cells["channel"] = _messages(evidence.messages)
    cells["level"] = Standing(transport, results.sentences).earned or "-"
    return cells


def _bad(results: Results, name: str) -> bool:
    evidence = results.transports[name]
    failed = [v for c in evidence.verdicts.values() for v in c if v["outcome"] == "failed"]
    return bool(failed) or "failed" in evidence.messages


def _unsupported(name: str, reason: str, room: int, columns: int) -> list[str]:
    return wrap(f"{name:{room}}  unsupported: {reason}", columns, " " * (room + 2))


def table(results: Results, columns: int) -> list[tuple[str, list[str]]]:
    """Return the lines of the heads, with the name "", and those of each transport.

    columns: of the terminal.  A name for which there is no room has a line of its own.
    """
    rows = {
        name: row(results, name)
        for name, evidence in results.judged().items()
        if evidence.unsupported is None or results.transport(name)["clauses"]
    }
    heads = [
        head for head in (*FAMILIES, "channel", "level") if any(head in r for r in rows.values())
    ]
    widths = {h: max(len(h), *(len(r.get(h, "-")) for r in rows.values())) for h in heads}
    most = columns - sum(2 + each for each in widths.values())
    names = ["transport", *results.judged()]
    room = max((len(name) for name in names if len(name) <= most), default=0)

    def line(name: str, cells: Mapping[str, str]) -> list[str]:
        rest = "".join(f"  {cells[head]:{widths[head]}}" for head in heads)
        if len(name) > room:
            return [name, f"{'':{room}}{rest}".rstrip()]
        return [f"{name:{room}}{rest}".rstrip()]

    found = [("", line("transport", {head: head for head in heads}))] if rows else []
    for name, evidence in results.judged().items():
        if name in rows:
            cells = {head: rows[name].get(head, "-") for head in heads}
            found.append((name, line(name, cells)))
        else:
            found.append((name, _unsupported(name, evidence.unsupported or "", room, columns)))
    return found


def below(results: Results) -> list[str]:
    """Return what was not passed: failed, not judged and skipped clauses."""
    found = []
    for name in results.judged():
        transport = results.transport(name)
        verdicts = transport["clauses"]
        standing = Standing(transport, verdicts)
        expected = [c for c in standing.failed if verdicts[c]["outcome"] == "expected"]
        failed = [c for c in standing.failed if c not in expected]
        for clauses, what in (
            (failed, "failed"),
            (expected, "expected to fail"),
            (standing.partial, "run in part"),
        ):
            if clauses:
                found.append(f"{name}: {', '.join(order(clauses))} {what}")
        reasons: dict[str, list[str]] = {}
        for clause in order(standing.not_judged):
            reasons.setdefault(verdicts[clause]["reason"], []).append(clause)
        found += [
            f"{name}: {', '.join(clauses)} not judged: {why}" for why, clauses in reasons.items()
        ]
    found += [f"{skip}: {', '.join(sorted(names))}" for skip, names in results.skips.items()]
    return found


class Matrix:
    """The plugin that prints the rows and the matrix."""

    def __init__(self, config: "pytest.Config", results: Results) -> None:
        self._config = config
        self._results = results
        self._shown: set[str] = set()

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Print the row of a transport of which all tests were run."""
        facts: Facts | None = getattr(report, FACTS, None)
        if facts is None or report.when != "teardown":
            return
        name, results = facts["transport"], self._results
        if name not in results.judged() or name in self._shown or not results.finished(name):
            return
        self._shown.add(name)
        self._print(name)

    def _print(self, name: str) -> None:
        results = self._results
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or reporter.verbosity < 0:
            return
        if (reason := results.transports[name].unsupported) is not None:
            lines = _unsupported(name, reason, 10, width())
        else:
            cells = "  ".join(
                text if head == "level" else f"{head}{_JOIN}{text}"
                for head, text in row(results, name).items()
            )
            lines = [
                line.replace(_JOIN, " ") for line in wrap(f"{name:10}  {cells}", width(), " " * 12)
            ]
        reporter.ensure_newline()
        # With pytest-xdist, ensure_newline does not see that the line has dots.
        if reporter._tw.width_of_current_line:
            reporter.line("")
        for line in lines:
            reporter.line(line, red=_bad(results, name), bold=True)

    def pytest_terminal_summary(
        self, terminalreporter: "pytest.TerminalReporter", config: "pytest.Config"
    ) -> None:
        """Print the matrix; below it what was not passed, notes (with -v), and remarks."""
        results, columns = self._results, width()

        def write(text: str, **markup: bool) -> None:
            for line in wrap(text, columns):
                terminalreporter.line(line, **markup)

        if not results.judged():  # a run of benchmarks, or of other tests: only what is missing
            for name, evidence in results.transports.items():
                if evidence.unsupported is not None:
                    write(f"{name} is unsupported: {evidence.unsupported}", yellow=True)
            return
        terminalreporter.section("support matrix", sep="-", blue=True)
        channels = any(evidence.messages for evidence in results.judged().values())
        lines_of = table(results, columns)
        open_ = any("?" in line for _, lines in lines_of for line in lines)
        legend = [LEGEND, "channel: tests of messages" * channels, "?: not all judged" * open_]
        write("; ".join(filter(None, legend)))
        for name, lines in lines_of:
            missing = bool(name) and not results.transport(name)["clauses"]
            for line in lines:
                terminalreporter.line(line, red=bool(name) and _bad(results, name), yellow=missing)
        for text in below(results):
            write(text)
        for name, evidence in results.judged().items():
            if evidence.notes and config.option.verbose > 0:
                write(f"{name}: {'; '.join(evidence.notes)}")
        for text in results.remarks:
            write(text, red=True)
