"""The pytest plugin: it collects outcomes, prints the matrix and writes the files of a report.

A test counts if it has a marker `clause` and a parameter `transport`; the tests themselves need not
know of the report.  `--report-dir=DIR` writes the files.  A run of benchmarks with the same DIR
adds its figures to the page.  Other plugins get the collected `Results` as the plugin "results".

The results are fed by reports alone, so it is the same whether the tests run in this process or,
with pytest-xdist, in others.  There, `Recorder` attaches to the reports what is needed of items.
"""

import contextlib
import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from report import facts, formats, host, page, spread
from report.clauses import clauses, order
from report.failures import Failures
from report.matrix import Matrix
from report.results import Results

__all__ = ["Writer"]

SUPPORT, BENCHMARK, PAGE = "support.json", "benchmark.json", "report.html"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --report-dir."""
    parser.getgroup("ipc-conformance").addoption(
        "--report-dir",
        metavar="DIR",
        type=Path,
        help=f"write {SUPPORT} and {PAGE} to DIR; with --benchmark-only, {BENCHMARK} and the page",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start to collect; register the plugins that print and write."""
    results = Results(
        {ident: clause.sentence for ident, clause in clauses(config.rootpath).items()}
    )
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
        if _benchmarks(config):
            raise pytest.UsageError("benchmarks run one after another: leave out -n, or say -n 0")
        config.pluginmanager.register(spread.Controller(), "report-controller")
    directory: Path | None = config.option.report_dir
    if directory is not None:
        _check(directory)
        writer = Writer(config, results, directory.resolve())
        config.pluginmanager.register(writer, "report-writer")
    # What is registered last is called first: the matrix stands above the short summary, and that
    # above the names of the files.
    config.pluginmanager.register(Failures(), "report-failures")
    config.pluginmanager.register(Matrix(config, results), "report-matrix")
    config.pluginmanager.register(Collector(results), "report-collector")


def _check(directory: Path) -> None:
    """Make *directory*; raise UsageError if it cannot be written to."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(f"--report-dir: {directory}: {error.strerror}") from None
    if not os.access(directory, os.W_OK):
        raise pytest.UsageError(f"--report-dir: {directory} cannot be written to")


def _benchmarks(config: pytest.Config) -> bool:
    """Tell whether this is a run of benchmarks alone."""
    return bool(config.getoption("benchmark_only", False))


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


class Writer:
    """Writes the support file, the benchmarks and the page at the end of a run."""

    def __init__(self, config: pytest.Config, results: Results, directory: Path) -> None:
        self._config = config
        self._results = results
        self._directory = directory
        self._begun = time.time()
        self._written: list[Path] = []
        self._trouble: list[str] = []

    def _support(self) -> formats.Support:
        root, sentences = self._config.rootpath, self._results.sentences
        return {
            "format": formats.FORMAT,
            "schema": formats.SCHEMA,
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._begun)),
            "seconds": round(time.time() - self._begun, 1),
            "suite": {
                "version": host.version(),
                "commit": host.commit(root),
                "arithmetic": self._config.getoption("kernel", None),
            },
            "platform": host.place(),
            "limits": host.limits(),
            "libraries": host.libraries(),
            "clauses": {clause: sentences[clause] for clause in order(sentences)},
            "transports": self._results.to_write(),
        }

    def _benchmark(self) -> dict[str, Any] | None:
        """Return the figures of this run in the form of --benchmark-json, without raw data."""
        session: Any = getattr(self._config, "_benchmarksession", None)
        if session is None or not session.benchmarks:
            return None
        hook: Any = self._config.hook
        about: dict[str, Any] = {"config": self._config}
        rows = session.benchmarks
        result: dict[str, Any] = hook.pytest_benchmark_generate_json(
            **about,
            benchmarks=rows,
            include_data=False,
            machine_info=session.get_machine_info(),
            commit_info=hook.pytest_benchmark_generate_commit_info(**about),
        )
        hook.pytest_benchmark_update_json(**about, benchmarks=rows, output_json=result)
        return result

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        try:
            # A reader sees the old file or the new one, never a half of it.
            part = path.with_name(f".{name}.{os.getpid()}")
            part.write_text(text, "utf-8")
            part.replace(path)
        except OSError as error:
            self._trouble.append(f"{path} cannot be written: {error.strerror}")
        else:
            self._written.append(path)

    def pytest_sessionfinish(self) -> None:
        """Write the files, also after an interruption: then without what was not run."""
        if self._config.option.collectonly:
            return
        if self._results.judged():
            self._write(SUPPORT, formats.dumps(self._support()))
        if _benchmarks(self._config) and (figures := self._benchmark()):
            self._write(BENCHMARK, json.dumps(figures, indent=1, default=str))
        if not self._written:
            return
        files = [self._directory / name for name in (SUPPORT, BENCHMARK)]
        if given := getattr(self._config.option, "benchmark_json", None):
            with contextlib.suppress(TypeError):  # before pytest-benchmark 5.2, an open file
                files.append(Path(getattr(given, "name", given)))
        found = {file.resolve() for file in files if file.exists()}
        places, refused = formats.gather(sorted(found))
        self._trouble += refused
        if places:
            self._write(PAGE, page.render(places))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print which files were written, and which could not be."""
        for text in self._trouble:
            terminalreporter.line(f"report: {text}", red=True)
        for path in self._written:
            terminalreporter.line(f"report: {os.path.relpath(path)}")
