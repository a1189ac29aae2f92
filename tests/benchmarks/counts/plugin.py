"""The pytest plugin: --counts-write, --counts-compare, and the table of counts at the end."""

from pathlib import Path

import pytest

from tests.benchmarks.counts import kept, table
from tests.benchmarks.counts.counted import Figures

ROWS = pytest.StashKey[dict[str, Figures]]()
"""The rows of the table, by the names of the transports."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("ipc-conformance")
    group.addoption(
        "--counts-write",
        type=Path,
        metavar="FILE",
        help="with --benchmark-only: write the counts of system calls and bytes to FILE",
    )
    group.addoption(
        "--counts-compare",
        type=Path,
        metavar="FILE",
        help="with --benchmark-only: a count of system calls or bytes that differs from that in "
        "FILE is a failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a file that cannot be compared with, before anything is measured."""
    config.stash[ROWS] = {}
    path: Path | None = config.option.counts_compare
    if path is not None:
        try:
            kept.read(path)
        except kept.Unusable as reason:
            raise pytest.UsageError(f"--counts-compare: {reason}") from None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    rows = terminalreporter.config.stash[ROWS]
    if not rows:
        return
    terminalreporter.section("counts", sep="-")
    for line in table.lines(rows):
        terminalreporter.line(line)
