"""The support matrix in the terminal: a row for each transport, a column for each family."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from report.clauses import FAMILIES
from report.formats import Verdict
from report.results import Results, Standing

if TYPE_CHECKING:
    import pytest

__all__ = ["Matrix"]


def _cell(verdicts: Mapping[str, Verdict]) -> str:
    """Return 'passed/judged', the clauses not passed, and '+n skipped'."""
    outcomes = {clause: verdict["outcome"] for clause, verdict in verdicts.items()}
    judged = [clause for clause, outcome in outcomes.items() if outcome != "skipped"]
    failed = [clause for clause in judged if outcomes[clause] == "failed"]
    expected = [clause for clause in judged if outcomes[clause] == "expected"]
    text = f"{len(judged) - len(failed) - len(expected)}/{len(judged)}"
    if len(outcomes) > len(judged):
        text += f" +{len(outcomes) - len(judged)} skipped"
    if expected:
        text += f" ({','.join(expected)} expected to fail)"
    return text + (f" not {','.join(failed)}" if failed else "")


def _messages(outcomes: Sequence[str]) -> str:
    """Return 'passed/judged' of the tests of a channel, or '-' if it has none."""
    judged = [outcome for outcome in outcomes if outcome != "skipped"]
    if not judged:
        return "-"
    passed = judged.count("passed")
    return f"{passed}/{len(judged)}" + (" FAILED" if passed < len(judged) else "")


def table(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return the heads of the columns, and the rows; one of an unsupported transport is short."""
    judged = results.judged()
    tried = {clause for evidence in judged.values() for clause in evidence.verdicts}
    families = [family for family in FAMILIES if any(c[:1] == family for c in tried)]
    channels = any(evidence.messages for evidence in results.transports.values())
    heads = ["transport", *(f"{family} {FAMILIES[family].word}" for family in families)]
    heads += [*(["messages"] if channels else []), "all"]
    rows, profiles = [], {}
    for name, evidence in judged.items():
        if evidence.unsupported is not None:
            rows.append([name, f"unsupported: {evidence.unsupported}"])
            continue
        transport = results.transport(name)
        verdicts = transport["clauses"]
        cells = [_cell({c: v for c, v in verdicts.items() if c[:1] == f}) for f in families]
        cells += [_messages(evidence.messages)] if channels else []
        rows.append([name, *cells, _cell(verdicts)])
        profiles[name] = Standing(transport, results.sentences).earned
    if any(profiles.values()):
        heads.append("profile")
        for row in rows:
            if row[0] in profiles:
                row.append(profiles[row[0]] or "-")
    return heads, rows


class Matrix:
    """The plugin that prints the matrix at the end of a run."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def pytest_terminal_summary(
        self, terminalreporter: "pytest.TerminalReporter", config: "pytest.Config"
    ) -> None:
        """Print the matrix; below it reasons of skips, notes (with -v), and remarks."""
        write, results = terminalreporter.line, self._results
        if not results.judged():  # a run of benchmarks, or of other tests: only what is missing
            for name, evidence in results.transports.items():
                if evidence.unsupported is not None:
                    write(f"{name} is unsupported: {evidence.unsupported}", yellow=True)
            return
        heads, rows = table(results)
        # Nothing is aligned with the long reason of an unsupported transport.
        aligned = [heads, *(row for row in rows if len(row) > 2)]
        widths = [max(len(row[i]) for row in aligned) for i in range(len(heads))]
        widths[0] = max(len(row[0]) for row in [heads, *rows])
        terminalreporter.section("support matrix", sep="-", blue=True)
        more = "; messages: tests of the channel" if "messages" in heads else ""
        write(f"clauses passed / clauses judged{more}")
        for row in [heads, *rows]:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            bad = " not " in line or "FAILED" in line
            write(line.rstrip(), red=bad, yellow=len(row) == 2)
        for skip, names in results.skips.items():
            write(f"{skip}: {', '.join(sorted(names))}")
        if config.option.verbose > 0:
            for name, evidence in results.judged().items():
                if evidence.notes:
                    write(f"{name}: {'; '.join(evidence.notes)}")
        for text in results.remarks:
            write(text, red=True)
