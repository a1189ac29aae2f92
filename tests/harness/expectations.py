"""The pytest plugin that settles what the tests of a transport may say of it.

It lets no test be run where a short run of the module gives no result.  It marks the failures that
a module declares in EXPECTED_FAILURES, or the command line with --expect-failure.  A failure that
belongs to another clause is reported by that clause; all others are explained.  The outcomes
themselves are collected by `report.results`; this plugin asks the module under test, which the
report cannot do.
"""

from collections.abc import Generator, Iterable, Mapping
from typing import NoReturn

import pytest

from report.clauses import clauses
from report.results import Results, clause_of, transport_of
from tests import harness
from tests.harness import causes, others, remarks
from tests.harness.again import again
from tests.harness.outcome import Hang
from tests.harness.smoke import SMOKE, smoke
from tests.harness.trouble import Crashed, Trouble, not_judged

__all__ = ["Expectations", "declared"]

# What the reason of an expected failure begins with that does not come in each run.
SOMETIMES = "sometimes: "


def declared(options: Iterable[str]) -> dict[str, str]:
    """Return what the values of --expect-failure say: the reason by clause.

    options: each "ID: REASON".  Raises UsageError for another form, and for an unknown clause.
    """
    found = {}
    for option in options:
        clause, _, reason = (part.strip() for part in option.partition(":"))
        if clause not in clauses():
            raise pytest.UsageError(f"--expect-failure: there is no clause {clause or option!r}")
        if not reason:
            raise pytest.UsageError(f"--expect-failure: say why: '{clause}: REASON'")
        found[clause] = reason
    return found


def _explain(clause: str, transport: str, item: pytest.Item, *, first: bool) -> str:
    """Return what *clause* says, what usually helps, and the command that runs *item* again.

    first: whether this is the first failure of the clause; the others have the command alone.
    """
    if not first:
        return f"{clause}: see above\nAgain: {again(item.nodeid, transport)}"
    lines = []
    if (known := clauses().get(clause)) is not None:
        lines += [f"{clause} {known.sentence}", f"Usual cause and remedy: {known.remedy}"]
    return "\n".join(
        [*lines, f"Again: {again(item.nodeid, transport)}", f"More: CONFORMANCE.md, {clause}"]
    )


class Expectations:
    """Marks the failures that are expected, and explains all others."""

    def __init__(self, config: pytest.Config, expected: Mapping[str, str]) -> None:
        """Begin a run.

        expected: of --expect-failure, the reason by clause: on each transport.
        """
        self._expected = expected
        self._explains = not config.getoption("benchmark_only", False)  # which skips every clause
        results = config.pluginmanager.get_plugin("results")
        assert isinstance(results, Results)
        self._results = results
        self._explained: set[tuple[str, str]] = set()  # clauses, and on which transport

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Judge nothing where a short run fails; expect the failures that a module declares."""
        name = transport_of(item)
        if name is not None and getattr(item, "originalname", "") != SMOKE:
            target = harness.module_of(name)
            if why := smoke(target):
                if not self._explains:  # a benchmark: nothing else says what is wrong
                    pytest.fail(why, pytrace=False)
                not_judged(why.splitlines()[0])
        if (found := clause_of(item)) is not None:
            clause, transport = found
            own = harness.support(harness.module_of(transport)).expected_failures
            expected = {**own, **self._expected}
            if clause in expected:
                item.add_marker(pytest.mark.xfail(reason=expected[clause], strict=False))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """Let the clause to which a failure belongs report it: see `causes`, and `others`."""
        try:
            return (yield)
        except Hang as hang:  # of a trial that the test itself has held
            trouble: Trouble = Crashed(f"HANG: {hang}")
        except (AssertionError, pytest.fail.Exception) as seen:
            if (found := clause_of(item)) and (why := others.explanation(found[0], str(seen))):
                not_judged(why)
            if not isinstance(seen, Trouble):
                raise
            trouble = seen
        self._settle(item, trouble)  # here, so that pytest does not show a chain of exceptions

    def _settle(self, item: pytest.Item, trouble: Trouble) -> NoReturn:
        if (found := clause_of(item)) is None:
            pytest.fail(str(trouble), pytrace=False)
        clause, transport = found
        causes.settle(clause, harness.module_of(transport), trouble)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add an explanation to a failure, unless an earlier one has told the same."""
        report = yield
        found = clause_of(item)
        if found is None:
            return report
        if report.when == "call":
            causes.note(found[0], harness.module_of(found[1]), report.outcome)
        repeats = call.excinfo is not None and causes.is_repeat(str(call.excinfo.value))
        if report.failed and self._explains and not repeats:
            text = _explain(*found, item, first=found not in self._explained)
            self._explained.add(found)
            report.sections.append((f"clause {found[0]}", text))
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say what to fix first; fail the run for a clause that passed and was declared to fail."""
        fails = False
        for transport, evidence in self._results.judged().items():
            if remark := remarks.fix_first(transport, evidence.verdicts, self._results.sentences):
                self._results.remarks.append(remark.text)
                fails = fails or remark.fails
        for (transport, clause), reason in self._results.passed_unexpectedly.items():
            verdicts = self._results.transports[transport].verdicts[clause]
            outcomes = {verdict["outcome"] for verdict in verdicts}
            if reason.startswith(SOMETIMES) or self._results.partial(transport, clause):
                continue
            if outcomes == {"passed"}:
                named = clause in self._expected
                where = "named by --expect-failure" if named else "in EXPECTED_FAILURES"
                self._results.remarks.append(
                    f"{transport}: {clause} passed, and is {where}: {reason}"
                )
                fails = True
        if fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
