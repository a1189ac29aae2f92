"""The pytest plugin for what a module declares in EXPECTED_FAILURES, and for explaining failures.

The outcomes themselves are collected by `report.results`; this plugin asks the module under test,
which the report cannot do.
"""

import shlex
from collections.abc import Generator

import pytest

from report.clauses import clauses
from report.results import Results, clause_of
from tests import harness

__all__ = ["Expectations"]


def _expected(transport: str) -> dict[str, str]:
    """Return EXPECTED_FAILURES of *transport*: the reason by clause."""
    return harness.support(harness.module_of(transport)).expected_failures


def _explain(clause: str, transport: str, item: pytest.Item) -> str:
    """Return what *clause* says, what usually helps, and the command that runs *item* again."""
    own = [] if transport in harness.NAMES else [f"--transport={transport}"]
    again = shlex.join(["python3", "bootstrap.py", "test", *own, item.nodeid])
    lines = []
    if (known := clauses().get(clause)) is not None:
        lines += [f"{clause} {known.sentence}", f"Usual cause and remedy: {known.remedy}"]
    return "\n".join([*lines, f"Again: {again}", f"More: CONFORMANCE.md, {clause}"])


class Expectations:
    """Marks the failures that a module expects, and explains all others."""

    def __init__(self, config: pytest.Config) -> None:
        self._explains = not config.getoption("benchmark_only", False)  # which skips every clause
        results = config.pluginmanager.get_plugin("results")
        assert isinstance(results, Results)
        self._results = results

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Expect the failures that a module declares."""
        if (found := clause_of(item)) is not None:
            clause, transport = found
            expected = _expected(transport)
            if clause in expected:
                item.add_marker(pytest.mark.xfail(reason=expected[clause], strict=False))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add an explanation to a failure."""
        del call
        report = yield
        if report.failed and self._explains and (found := clause_of(item)) is not None:
            report.sections.append((f"clause {found[0]}", _explain(*found, item)))
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run for a clause that passed in all of its tests, and was declared to fail."""
        for (transport, clause), reason in self._results.passed_unexpectedly.items():
            verdicts = self._results.transports[transport].verdicts[clause]
            outcomes = {verdict["outcome"] for verdict in verdicts}
            if outcomes == {"passed"} and not self._results.partial(transport, clause):
                self._results.remarks.append(
                    f"{transport}: {clause} passed, and is in EXPECTED_FAILURES: {reason}"
                )
        if self._results.remarks and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
