"""Tests over several processes, by pytest-xdist: which tests stay together.

`group_of` alone decides.  pytest-xdist marks groups in node ids, which then show in every line and
command, and which it does by an attribute that pytest 9.2 no longer has.  Here the ids of a group
are told to the controller alone, and reports have the plain ones.
"""

import contextlib
from collections.abc import Generator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest

from report.facts import transport_of

__all__ = ["Controller", "Worker", "group_of", "is_worker", "spreads"]


# The part that a family belongs to: each takes about a third of the time. Trials that tests of two
# parts share are held in each of them.
_THIRDS = {"A": "A and D", "D": "A and D", "B": "B"}

# The group of all tests with the mark of this name.
_AT_REST = "at_rest"


def group_of(item: pytest.Item, *, alone: bool = False) -> str:
    """Return the name of the group of *item*: tests of one group run in one process, in order.

    All tests of a transport are a group: some share a trial, and what one has shown tells another
    which clause is the cause.  So are all of a module that tests of the suite judge, and all others
    of a file.  Tests with the mark `at_rest` are a group, whatever their transport: their trials,
    which sleep for a minute, are held at the same time.  Those with the mark `exhaustive` take
    longest, and share trials only within a file: they are a group for each file of a transport.

    alone: whether there are tests of one transport only.  They are three groups, by families.
    """
    if item.get_closest_marker(_AT_REST):
        return _AT_REST
    file = item.nodeid.partition("::")[0]
    transport = transport_of(item)
    if transport and item.get_closest_marker("exhaustive"):
        return f"{transport}, {file}"
    if transport and alone:
        clause = item.get_closest_marker("clause")
        return f"{transport}, {_THIRDS.get(str(clause.args[0])[:1], 'C') if clause else 'C'}"
    return transport or _judged(item) or file


def _judged(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("module", "")) if callspec else ""


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is one of those among which pytest-xdist spreads the tests."""
    return hasattr(config, "workerinput")


def spreads(config: pytest.Config) -> bool:
    """Tell whether this process is the controller, which runs no test and has all reports."""
    options = config.option
    distributes = getattr(options, "dist", "no") != "no" and bool(getattr(options, "tx", ()))
    return distributes and not options.collectonly and not is_worker(config)


class Worker:
    """The plugin of a process that runs tests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        """Let pytest-xdist tell the controller each node id with its group."""
        items = session.items
        alone = len({transport_of(item) for item in items} - {None}) == 1
        named = [
            # An "@" behind the last "]" is what LoadGroupScheduling looks for.
            SimpleNamespace(nodeid=f"{item.nodeid}@{group_of(item, alone=alone).translate(_PLAIN)}")
            for item in items
        ]
        session.items = cast("list[pytest.Item]", named)
        try:
            return (yield)
        finally:
            session.items = items


_PLAIN = str.maketrans("@]", "__")


@cache
def _scheduling() -> Any:
    """Return the class of the scheduler; pytest-xdist need not be installed."""
    from xdist.scheduler import LoadGroupScheduling  # noqa: PLC0415

    class GroupScheduling(LoadGroupScheduling):  # type: ignore[misc]
        """Goes on as it should when a process has crashed.

        LoadScopeScheduling of pytest-xdist 3.8 hands all groups of that process to another: with
        them the test that it crashed in, which crashes the next one, and groups of which nothing is
        left.  And it hands over one group alone, but a process does not run its last test before it
        has another, or is told that there is none: with a group of one test, both wait for ever.
        """

        def _reschedule(self, node: Any) -> None:
            super()._reschedule(node)
            while self.workqueue and not node.shutting_down:
                if self._pending_of(self.assigned_work[node]) >= 2:
                    return
                self._assign_work_unit(node)

        def _assign_work_unit(self, node: Any) -> None:
            # First: the other processes have both cores meanwhile, and nobody waits for it.
            if _AT_REST in self.workqueue:
                self.workqueue.move_to_end(_AT_REST, last=False)
            # It may have crashed, and nobody has been told yet. Then `remove_node` comes next,
            # which gives to another what was assigned here.
            with contextlib.suppress(OSError):
                super()._assign_work_unit(node)

        def remove_node(self, node: Any) -> str | None:
            work: dict[str, dict[str, bool]] = self.assigned_work[node]
            left = [
                (unit, test) for unit in work.values() for test, done in unit.items() if not done
            ]
            if left:
                unit, crashed = left[0]
                unit[crashed] = True
            for group in [group for group, unit in work.items() if all(unit.values())]:
                del work[group]
            super().remove_node(node)
            return left[0][1] if left else None

    return GroupScheduling


class Controller:
    """The plugin of the process that starts the others."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep each group together, whatever --dist says."""
        return _scheduling()(config, log)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the group from the node id in the report of a test whose process crashed."""
        when: str = report.when
        if when == "???":  # as pytest-xdist writes
            named = report.nodeid
            report.nodeid = named.rpartition("@")[0]
            path, _, name = report.nodeid.partition("::")
            report.location = (path, None, name)
            report.longrepr = str(report.longrepr).replace(named, report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let -x and --maxfail end with status 1, as without pytest-xdist, which makes it 2."""
        most = session.config.getoption("maxfail")
        if (
            session.exitstatus == pytest.ExitCode.INTERRUPTED
            and most
            and session.testsfailed >= most
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
