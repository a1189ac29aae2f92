"""The pytest plugin: `--report-dir=DIR`, and the progress of long runs.

A test counts if it has a marker `clause` and a parameter `transport`; nothing else needs to
know of the report.  A run of benchmarks with the same DIR adds its figures to the page.
"""

import contextlib
import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from report import formats, host, page, profiles, progress

__all__ = ["Recorder"]

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
    """Start what is wanted."""
    progress.start(config)
    directory: Path | None = config.option.report_dir
    if directory is None or hasattr(config, "workerinput"):
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(f"--report-dir: {directory}: {error.strerror}") from None
    if not os.access(directory, os.W_OK):
        raise pytest.UsageError(f"--report-dir: {directory} cannot be written to")
    config.pluginmanager.register(Recorder(config, directory.resolve()), "report-recorder")


def _name(transport: object) -> str:
    """Return a name to show: of a file its name, because its directories are nobody's business."""
    text = str(transport)
    return (Path(text).name if os.sep in text else text)[:200] or "?"


def _line(text: str) -> str:
    """Return the first line of *text*, and the second where the first announces it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    return told if len(told) <= 400 else told[:399] + "…"


def _reason(report: pytest.TestReport) -> str:
    """Return in one line why *report* is not a pass."""
    if hasattr(report, "wasxfail") and report.wasxfail:
        return _line(report.wasxfail.removeprefix("reason: "))
    if isinstance(report.longrepr, tuple):
        return _line(report.longrepr[2].removeprefix("Skipped: "))
    crash = getattr(report.longrepr, "reprcrash", None)
    text: str = crash.message if crash else report.longreprtext
    return _line(text.removeprefix("Failed: "))  # as pytest.fail is called in a crash


class Recorder:
    """Collects what became of each clause on each transport, and writes the files."""

    def __init__(self, config: pytest.Config, directory: Path) -> None:
        self._config = config
        self._directory = directory
        self._begun = time.time()
        self._clauses: dict[str, str] = {}
        self._transports: dict[str, formats.Transport] = {}
        self._written: list[Path] = []
        self._trouble: list[str] = []
        self._benchmarks = bool(getattr(config.option, "benchmark_only", False))

    @pytest.hookimpl(tryfirst=True)  # before -k and -m take any away
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Learn which clauses there are."""
        told = profiles.sentences(self._config.rootpath)
        for item in items:
            marker = item.get_closest_marker("clause")
            if marker and marker.args and "transport" in getattr(item, "fixturenames", ()):
                words = getattr(item, "originalname", item.name).removeprefix("test_")
                clause = str(marker.args[0])
                sentence = told.get(clause, words.replace("_", " "))
                self._clauses.setdefault(clause, sentence)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of what turns a failure into an xfail
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome of a clause."""
        del call
        report = yield
        marker, callspec = item.get_closest_marker("clause"), getattr(item, "callspec", None)
        if self._benchmarks or not marker or not marker.args or callspec is None:
            return report
        if "transport" in callspec.params and (report.when == "call" or not report.passed):
            self._note(_name(callspec.params["transport"]), str(marker.args[0]), report)
        return report

    def _note(self, name: str, clause: str, report: pytest.TestReport) -> None:
        transport = self._transports.setdefault(name, {"unsupported": None, "clauses": {}})
        verdict: formats.Verdict = {"outcome": report.outcome}
        if report.outcome != "passed":
            reason = _reason(report)
            # The fixture that probes a transport skips with its name.
            if report.when == "setup" and report.skipped and reason.startswith(f"{name}: "):
                transport["unsupported"] = reason.removeprefix(f"{name}: ")
                return
            if hasattr(report, "wasxfail"):
                verdict["outcome"] = "expected"
            verdict |= {"reason": reason, "test": report.nodeid[:2000]}
        have = transport["clauses"].setdefault(clause, verdict)
        if formats.WORST.index(verdict["outcome"]) < formats.WORST.index(have["outcome"]):
            transport["clauses"][clause] = verdict

    def _support(self) -> formats.Support:
        root = self._config.rootpath
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
            "clauses": {clause: self._clauses[clause] for clause in profiles.order(self._clauses)},
            "transports": dict(sorted(self._transports.items())),
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
            # Whoever reads it meanwhile sees the old one or the new one.
            part = path.with_name(f".{name}.{os.getpid()}")
            part.write_text(text, "utf-8")
            part.replace(path)
        except OSError as error:
            self._trouble.append(f"{path} cannot be written: {error.strerror}")
        else:
            self._written.append(path)

    def pytest_sessionfinish(self) -> None:
        """Write what there is, also after an interruption; what was not run is not in it."""
        if self._config.option.collectonly:
            return
        if self._transports:
            self._write(SUPPORT, formats.dumps(self._support()))
        if self._benchmarks and (figures := self._benchmark()):
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
        """Say what was written."""
        for text in self._trouble:
            terminalreporter.line(f"report: {text}", red=True)
        for path in self._written:
            terminalreporter.line(f"report: {os.path.relpath(path)}")
