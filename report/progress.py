"""The last line of the terminal: which test runs, and how long the rest will take.

The line is kept free of pytest's own output by a scrolling region (DECSTBM, in every terminal
since the VT100), so it works with -q, -v, -x and -s.  It is drawn when a test starts, and not by a
thread, because Python 3.12 warns at a fork in a process that has threads.  So it does not change
while a long test runs; it shows the time of the end too, which stays right.

Without a terminal as standard output, nothing is drawn.  `-p no:report-progress` turns it off in a
terminal.
"""

import atexit
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

import pytest

__all__ = ["Estimate", "Progress", "spell", "wanted"]

_CACHE = "report/seconds"


def wanted(stream: TextIO | None) -> bool:
    """Tell whether *stream* is a terminal that can have a last line of its own."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return False
    try:
        return stream is not None and stream.isatty() and os.get_terminal_size().lines >= 8
    except (OSError, ValueError):  # no size is known, or the stream is closed
        return False


def spell(seconds: float) -> str:
    """Return *seconds* as text, rounded as an estimate should be."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"{round(seconds / 5) * 5} s"
    if seconds < 600:
        minutes, half = divmod(round(seconds / 30), 2)
        return f"{minutes}{'½' if half else ''} min"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class Estimate:
    """Estimates the seconds that tests will take, from earlier tests of the same function.

    A function takes about as long on each transport, and as in the last run.
    """

    def __init__(self, before: Mapping[str, float]) -> None:
        self.before = before
        self.now: dict[str, list[float]] = {}
        self._drift = (0.0, 0.0)  # seconds of this run, and what the last run took for the same

    def add(self, function: str, seconds: float) -> None:
        """Note that a test of *function* took *seconds*."""
        self.now.setdefault(function, []).append(seconds)
        if function in self.before:
            mine, theirs = self._drift
            self._drift = mine + seconds, theirs + self.before[function]

    def of(self, functions: Iterable[str]) -> float | None:
        """Return the seconds that tests of *functions* will take, or None: nothing is known."""
        mine, theirs = self._drift
        # The machine may be slower or faster than in the last run; the 5 s keep the first few
        # tests from deciding that.
        drift = (mine + 5.0) / (theirs + 5.0)
        means = {function: drift * seconds for function, seconds in self.before.items()}
        means |= {function: sum(times) / len(times) for function, times in self.now.items()}
        if not means:
            return None
        usual = sum(means.values()) / len(means)
        return sum(means.get(function, usual) for function in functions)

    def means(self) -> dict[str, float]:
        """Return the seconds of each function, for the next run."""
        means = {
            function: round(sum(times) / len(times), 3) for function, times in self.now.items()
        }
        return {**self.before, **means}


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def describe(item: pytest.Item) -> str:
    """Return the transport, the clause and the name of the test in words."""
    marker, callspec = item.get_closest_marker("clause"), getattr(item, "callspec", None)
    name = getattr(item, "originalname", None) or item.name
    words = name.removeprefix("test_").replace("_", " ")
    parts = (
        [str(callspec.params["transport"])] if callspec and "transport" in callspec.params else []
    )
    if marker and marker.args:
        parts.append(str(marker.args[0]))
    return " ".join([*parts, words])


class Progress:
    """The plugin that draws the line."""

    def __init__(self, config: pytest.Config, stream: TextIO) -> None:
        self._config = config
        self._stream = stream
        self._owner = os.getpid()
        self._size: os.terminal_size | None = None
        self._items: dict[str, pytest.Item] = {}
        self._left: dict[str, str] = {}
        self._spent: dict[str, float] = {}
        self._ran: set[str] = set()
        cache = config.cache if hasattr(config, "cache") else None
        before = cache.get(_CACHE, {}) if cache else {}
        self.estimate = Estimate(
            {
                str(key): float(seconds)
                for key, seconds in (before.items() if isinstance(before, dict) else ())
                if isinstance(seconds, int | float)
            }
        )
        atexit.register(self._close)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Draw the line for the first time."""
        if self._config.option.collectonly or not session.items:
            return
        self._items = {item.nodeid: item for item in session.items}
        self._left = {
            nodeid: _function(nodeid)
            for nodeid, item in self._items.items()
            if not item.get_closest_marker("skip")  # as --benchmark-only marks all others
        }
        # On the last row, this scrolls: that row becomes ours.
        self._stream.write("\n")
        self._open()
        self._stream.write("\x1b[1A")
        self._stream.flush()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Draw the line for the test that starts."""
        if self._size is None or nodeid not in self._items or nodeid not in self._left:
            return
        if os.get_terminal_size(self._stream.fileno()) != self._size:
            self._close()
            self._open()
        columns = self._size.columns
        done = 1 + len(self._items) - len(self._left)
        left = f"{done}/{len(self._items)} "
        right = ""
        if (seconds := self.estimate.of(self._left.values())) is not None:
            until = time.strftime("%H:%M", time.localtime(time.time() + seconds))
            right = f"  {spell(seconds)} left, until {until}"
        room = columns - 1 - len(left) - len(right)
        text = describe(self._items[nodeid])
        if len(text) > room:
            text = text[: max(0, room - 1)] + "…"
        line = f"{left}\x1b[0m{text.ljust(room)}\x1b[2m{right}"
        # Not every encoding has an ellipsis.
        encoding = self._stream.encoding or "ascii"
        line = line.encode(encoding, "replace").decode(encoding)
        rows = self._size.lines
        self._stream.write(f"\x1b7\x1b[{rows};1H\x1b[0;2m{line}\x1b[0m\x1b[K\x1b8")
        self._stream.flush()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the seconds of each phase."""
        self._spent[report.nodeid] = self._spent.get(report.nodeid, 0.0) + report.duration
        if report.when == "call" and not report.skipped:
            self._ran.add(report.nodeid)
        if report.when == "teardown":
            self._left.pop(report.nodeid, None)
            seconds = self._spent.pop(report.nodeid)
            if report.nodeid in self._ran:
                self.estimate.add(_function(report.nodeid), seconds)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Give the line back before the summary, and keep the times for the next run."""
        self._close()
        if self.estimate.now and (cache := getattr(self._config, "cache", None)):
            cache.set(_CACHE, self.estimate.means())

    def pytest_enter_pdb(self) -> None:
        """Give the line back to the debugger's user."""
        self._close()

    def pytest_leave_pdb(self) -> None:
        """Take the line again."""
        self._open()

    def pytest_unconfigure(self) -> None:
        """Give the line back, whatever happened."""
        self._close()
        atexit.unregister(self._close)

    def _open(self) -> None:
        self._size = os.get_terminal_size(self._stream.fileno())
        # Setting the region moves the cursor home, so it is saved before.
        self._stream.write(f"\x1b7\x1b[1;{self._size.lines - 1}r\x1b8")
        self._stream.flush()

    def _close(self) -> None:
        if self._size is None or os.getpid() != self._owner:
            return
        self._stream.write(f"\x1b7\x1b[r\x1b[{self._size.lines};1H\x1b[2K\x1b8")
        self._stream.flush()
        self._size = None


def start(config: pytest.Config) -> None:
    """Register the plugin if standard output is a terminal."""
    stream = sys.__stdout__
    if stream is not None and wanted(stream) and config.pluginmanager.has_plugin("terminal"):
        config.pluginmanager.register(Progress(config, stream), "report-progress")
