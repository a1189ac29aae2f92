"""The files of a report: the support file, the benchmarks and the page."""

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from report import formats, host, page
from report.clauses import order
from report.results import Results

__all__ = ["BENCHMARK", "PAGE", "Writer", "check", "measures"]

BENCHMARK, PAGE = "benchmark.json", "report.html"


def check(directory: Path) -> None:
    """Make *directory*; raise UsageError if it cannot be written to."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(f"--report-dir: {directory}: {error.strerror}") from None
    if not os.access(directory, os.W_OK):
        raise pytest.UsageError(f"--report-dir: {directory} cannot be written to")


def _shown(path: Path) -> str:
    """Return *path*, absolute, as it is to be printed: relative only if it is below this directory.

    bootstrap.py starts pytest in the directory of the suite, which need not be that of the user.
    """
    with contextlib.suppress(OSError, ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def measures(config: pytest.Config) -> bool:
    """Tell whether this is a run of benchmarks alone."""
    return bool(config.getoption("benchmark_only", False))


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
                "requirements": self._config.getoption("requirements", None),
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
            self._write(formats.SUPPORT, formats.dumps(self._support()))
        if measures(self._config) and (figures := self._benchmark()):
            self._write(BENCHMARK, json.dumps(figures, indent=1, default=str))
        if not self._written:
            return
        files = [self._directory / name for name in (formats.SUPPORT, BENCHMARK)]
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
            terminalreporter.line(f"report: {_shown(path)}")
