"""How a failure is printed: its explanation and the short summary, wrapped between words."""

from typing import TYPE_CHECKING

from report.results import reason_of
from report.wrapping import width, wrap, wrap_command

if TYPE_CHECKING:
    import pytest

__all__ = ["Failures", "folded", "wrapped"]

_WORDS = {"f": ("failed", "FAILED"), "E": ("error", "ERROR")}


def wrapped(text: str, columns: int) -> str:
    """Return the explanation of a failed clause in lines of *columns*; a command stays one."""
    lines = []
    for line in text.splitlines():
        if line.startswith("Again: "):
            lines += wrap_command(line, columns)
        else:
            lines += wrap(line, columns, "") or [""]
    return "\n".join(lines)


def folded(line: str, columns: int) -> list[str]:
    """Return a line of a failure in lines of *columns*; what is to be pasted stays whole."""
    if len(line) <= columns or line.startswith("This order again: "):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    first, *rest = wrap(line.strip(), columns - len(indent))
    return [indent + each for each in (first, *rest)]


class Failures:
    """The plugin that prints the short summary in the place of pytest.

    pytest puts the reason behind the node id, which is often as long as a line: then it leaves out
    the reason, or the terminal breaks it within a word.
    """

    @staticmethod
    def pytest_runtest_logreport(report: "pytest.TestReport") -> None:
        """Wrap what was seen, and the explanation of a clause: a worker of xdist has no width."""
        chain = getattr(report.longrepr, "reprtraceback", None)
        for entry in chain.reprentries if chain is not None else ():
            if entry.style == "value":  # the text of pytest.fail(), without a traceback
                entry.lines = [part for line in entry.lines for part in folded(line, width())]
        report.sections = [
            (head, wrapped(text, width()) if head.startswith("clause ") else text)
            for head, text in report.sections
        ]

    @staticmethod
    def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
        """Print a line for each failure and its reason below, as far as -r asks for that."""
        asked = [kind for kind in _WORDS if kind in terminalreporter.reportchars]
        for kind in asked:
            terminalreporter.reportchars = terminalreporter.reportchars.replace(kind, "")
        rows = [
            (_WORDS[kind][1], report)
            for kind in asked
            for report in terminalreporter.stats.get(_WORDS[kind][0], ())
        ]
        if not rows:
            return
        terminalreporter.section("short test summary info", cyan=True, bold=True)
        for word, report in rows:
            terminalreporter.line(f"{word} {report.nodeid}", red=True)
            if (reason := reason_of(report)) and reason not in report.nodeid:
                for line in wrap(f"  {reason}", width()):
                    terminalreporter.line(line)
