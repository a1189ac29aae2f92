"""The pytest plugin: it collects outcomes, prints the matrix and writes the files of a report.

A test counts if it has a marker `clause` and a parameter `transport`; the tests themselves need not
know of the report.  `--report-dir=DIR` writes the files.  A run of benchmarks with the same DIR
adds its figures to the page.  Other plugins get the collected `Results` as the plugin "results".

The results are fed by reports alone, so it is the same whether the tests run in this process or,
with pytest-xdist, in others.  There, `Recorder` attaches to the reports what is needed of items.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from report import facts, formats, requirement_sets, spread
from report.clauses import clauses
from report.failures import Failures
from report.matrix import Matrix
from report.results import Results
from report.writer import BENCHMARK, PAGE, Writer, check, measures


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --report-dir."""
    parser.getgroup("ipc-conformance").addoption(
        "--report-dir",
        metavar="DIR",
        type=Path,
        help=f"write {formats.SUPPORT} and {PAGE} to DIR;"
        f" with --benchmark-only, {BENCHMARK} and the page",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start to collect; register the plugins that print and write."""
    chosen: int | None = config.getoption("requirements", None)
    results = Results(requirement_sets.judged(chosen, config.rootpath))
    config.pluginmanager.register(results, "results")
    if not spread.spreads(config):
        config.pluginmanager.register(Recorder(config), "report-recorder")
    if spread.is_worker(config):
        config.pluginmanager.register(spread.Worker(), "report-worker")
        # A thread of pytest-xdist receives what is to be run, and Python 3.12 warns of a fork in a
        # process that has threads.
        quiet = "ignore:.*multi-threaded, use of fork:DeprecationWarning"
        config.addinivalue_line("filterwarnings", quiet)
        return
    if spread.spreads(config):
        if measures(config):
            raise pytest.UsageError("benchmarks run one after another: leave out -n, or say -n 0")
        config.pluginmanager.register(spread.Controller(), "report-controller")
    directory: Path | None = config.option.report_dir
    if directory is not None:
        check(directory)
        writer = Writer(config, results, directory.resolve())
        config.pluginmanager.register(writer, "report-writer")
    # What is registered last is called first: the matrix stands above the short summary, and that
    # above the names of the files.
    config.pluginmanager.register(Failures(), "report-failures")
    config.pluginmanager.register(Matrix(config, results), "report-matrix")
    config.pluginmanager.register(Collector(results), "report-collector")


class Recorder:
    """Attaches to reports what the results need of items, in the process that runs the tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._plan: facts.Plan | None = None

    @pytest.hookimpl(tryfirst=True)  # before -k, -m and other plugins take any away
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Learn which tests each clause has."""
        known = clauses(self._config.rootpath)
        self._plan = facts.plan_of(items, known, self._config.args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Learn which tests are to be run."""
        if self._plan is not None:
            facts.select(self._plan, session.items)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of what turns a failure into an xfail
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the facts; and the plan to the first report, for a process may die any moment."""
        report = yield
        if (found := facts.facts_of(item)) is not None:
            setattr(report, facts.FACTS, found)
        if self._plan is not None:
            setattr(report, facts.PLAN, self._plan)
            self._plan = None
        return report


class Collector:
    """Feeds the results, in the process that prints and writes."""

    def __init__(self, results: Results) -> None:
        self._results = results

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in a report."""
        plan: facts.Plan | None = getattr(report, facts.PLAN, None)
        if plan is not None:
            self._results.expect(plan)
        self._results.add(report)
