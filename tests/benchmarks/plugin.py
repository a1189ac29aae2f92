"""The plugin of pytest that measures benchmarks in tables, prints them, and saves them small."""

import os
import random
import shlex
from collections.abc import Generator
from typing import Any

import pytest

import transports
from report import host, which
from report.formats import Row
from report.noise import load_of, noise
from report.results import Results
from tests.benchmarks import tables, terminal
from tests.benchmarks.cells import wrapped
from tests.harness.isolation import processors
from tests.harness.selection import deselect

TABLES = pytest.StashKey[tables.Tables]()
LOAD: pytest.StashKey[float] = pytest.StashKey()  # before the first test

ON_REQUEST = "on_request"  # the marker of what is measured only if it is asked for

# Options that ask for tables as pytest-benchmark makes them.
ITS_OWN = ("sort", "columns", "name", "group-by", "compare", "histogram", "verbose")

_OTHERS = "Other libraries are compared by speed alone: docs/results has their failures."

Groups = list[tuple[str | None, list[dict[str, Any]]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the benchmarks."""
    group = parser.getgroup("ipc-conformance")
    group.addoption(
        "--rounds-seed",
        type=int,
        metavar="NUMBER",
        help="of benchmarks: draw the order in each round as the run did that printed this number",
    )
    group.addoption(
        "--all-tables",
        action="store_true",
        help="of benchmarks: print all tables with all columns, not only the main ones; measure "
        "also those that are left out unless -k asks for them",
    )


def measures(config: pytest.Config) -> bool:
    """Tell whether this is a run of benchmarks alone."""
    return bool(config.getoption("benchmark_only", False))


def _given(config: pytest.Config, *names: str) -> set[str]:
    """Return which of the options --benchmark-NAME of *names* were given."""
    words = [*config.invocation_params.args, *shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))]
    options = {str(word).partition("=")[0] for word in words}
    return {name for name in names if f"--benchmark-{name}" in options}


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker, draw the seed, and set what pytest-benchmark shows unless it is told."""
    config.addinivalue_line("markers", f"{tables.MARK}(by): the table in which a benchmark stands")
    config.addinivalue_line("markers", f"{ON_REQUEST}(*names): left out unless -k has one of them")
    if config.option.rounds_seed is None:
        config.option.rounds_seed = random.SystemRandom().randrange(1 << 32)
    if _given(config, "cprofile"):
        raise pytest.UsageError(
            "--benchmark-cprofile: all is measured in rounds before pytest-benchmark is told: there"
            " is nothing to profile"
        )
    for name, value in (
        ("sort", "median"),  # which the option itself does not allow
        ("columns", ["median", "iqr", "min", "rounds"]),
    ):
        if not _given(config, name) and hasattr(config.option, f"benchmark_{name}"):
            setattr(config.option, f"benchmark_{name}", value)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Print the seed."""
    if not measures(config):
        return None
    return f"benchmarks: order of the rounds by --rounds-seed={config.option.rounds_seed}"


@pytest.hookimpl(trylast=True)  # when all is deselected that is not wanted, and pytest has sorted
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of a table together; leave out what is run on request and was not asked for."""
    if measures(config):
        deselect(config, items, [item for item in items if _is_wanted(config, item)])
        items[:] = tables.in_tables(items)


def _is_wanted(config: pytest.Config, item: pytest.Item) -> bool:
    """Tell whether a test is not on request, or is asked for: by -k, by its file, or as all are."""
    mark = item.get_closest_marker(ON_REQUEST)
    if mark is None or config.option.all_tables:
        return True
    return any(name in text for text in (config.option.keyword, *config.args) for name in mark.args)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Learn which tests stand in which table; let pytest-benchmark print none unless it is told."""
    config = session.config
    config.stash[LOAD] = os.getloadavg()[0]
    items = session.items if measures(config) else []
    config.stash[TABLES] = tables.Tables(items, config.option.rounds_seed)
    if (its := getattr(config, "_benchmarksession", None)) is not None:
        its.quiet = its.quiet or not _given(config, *ITS_OWN)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Measure all tables before the first test: each is visited several times, in turn.

    After an interrupt the tests tell what was measured until then.
    """
    interrupted = False
    if measures(session.config) and not (session.config.option.collectonly or session.testsfailed):
        try:
            _measure(session.config)
        except KeyboardInterrupt:
            interrupted = True
    result = yield
    if interrupted:
        raise KeyboardInterrupt
    return result


def _measure(config: pytest.Config) -> None:
    """Measure, and drop what contenders print, as pytest does with what passing tests print."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    capture: Any = config.pluginmanager.get_plugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(line)
            reporter.flush()

    capture.resume_global_capture()
    try:
        config.stash[TABLES].measure(tell)
    finally:
        capture.suspend_global_capture(in_=False)
        capture.read_global_capture()


def _failed(config: pytest.Config) -> set[str]:
    """Return the node ids of the tests that failed: their figures are not shown."""
    results = config.pluginmanager.get_plugin("results")
    assert isinstance(results, Results)
    return results.failed


@pytest.hookimpl(optionalhook=True)  # here and below: without pytest-benchmark they are unknown
def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Add the facts of the machine on which the figures depend."""
    host.benchmark_info(machine_info)


def _rounds(config: pytest.Config) -> dict[str, Any]:
    return {
        "seed": config.option.rounds_seed,
        "load_before": config.stash[LOAD],
        "load_after": os.getloadavg()[0],
        "cores": processors(),
    }


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Leave out rows that failed; keep the time of each single round only if it is asked for."""
    failed = _failed(config)
    rows = [row for row in output_json["benchmarks"] if row["fullname"] not in failed]
    output_json["benchmarks"] = rows
    # Not in machine_info, for whose differences pytest-benchmark warns.
    output_json["rounds"] = _rounds(config)
    if not config.option.benchmark_save_data:
        for row in rows:
            row["stats"].pop("data", None)


def _info(config: pytest.Config, row: dict[str, Any]) -> dict[str, Any]:
    """Return the extra_info of *row*.

    pytest-benchmark loses that of a row from a saved file, so it is looked up in the file.
    """
    saved = getattr(config, "_benchmarksession").compared_mapping or {}  # noqa: B009 - no attribute
    for path, rows in saved.items():
        if str(path) == row.get("path"):
            info: dict[str, Any] = rows[row["fullname"]]["extra_info"]
            return info
    now: dict[str, Any] = row["extra_info"]
    return now


def name_of(params: dict[str, Any] | None, default: str) -> str:
    """Return the name of what a test measures: a transport, a peer or a floor."""
    found = (params or {}).get
    return str(found("transport") or found("peer") or found("run") or default)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_benchmark_group_stats(config: pytest.Config) -> Generator[None, Groups, Groups]:
    """Name each row of pytest-benchmark's tables by its transport and its ratio, the only one.

    A row whose result was wrong is dropped.
    """
    groups = yield
    kept, failed = [], _failed(config)
    for group, rows in groups:
        good = [row for row in rows if row["fullname"] not in failed]
        for row in good:
            info = _info(config, row)
            keys = [key for key in ("x_floor", "x_redis") if key in info]
            ratio = f"{info[keys[0]]:6.2f} {keys[0].replace('_', ' ')}" if keys else ""
            if keys and f"{keys[0]}_low" in info:
                ratio += " ({:.2f}-{:.2f})".format(
                    *(info[f"{keys[0]}_{e}"] for e in ("low", "high"))
                )
            row["name"] = f"{name_of(row['params'], row['name']):11} {ratio}"
        if good:
            kept.append((group, good))
    return kept


def _rows(config: pytest.Config) -> list[Row]:
    """Return what was measured in this run, but for what failed, and for counts.

    Counts have a table of their own: tests.benchmarks.counts.plugin.
    """
    session: Any = getattr(config, "_benchmarksession", None)
    failed = _failed(config)
    return [
        Row(
            bench.group or "",
            name_of(bench.params, bench.name),
            bench.stats.median,
            {
                key: float(value) if isinstance(value, int) else value
                for key, value in bench.extra_info.items()
            },
        )
        for bench in (session.benchmarks if session is not None else ())
        if bench.fullname not in failed
        and bench.stats
        and bench.extra_info.get("kind") not in (None, "counts")
    ]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the tables, what their columns are, which one to take, and what is noise."""
    rows = _rows(config) if measures(config) else []
    session: Any = getattr(config, "_benchmarksession", None)
    if not rows or not session.quiet or config.getoption("benchmark_quiet"):
        return
    everything = config.option.all_tables
    found, left = terminal.chosen(rows, everything)
    write = terminalreporter.line
    terminalreporter.section("benchmarks", sep="-", blue=True)
    for title, those in found.items():
        head, *lines = terminal.table(title, those, everything)
        write("")
        write(head, bold=True)
        for line in lines:
            write(line)
    write("")
    for line in terminal.legend(found, everything):
        write(line)
    if left:
        write(f"{left} more tables: --all-tables, and in the file of --benchmark-json")
    if picks := which.choices(rows):
        terminalreporter.section("Which one?", sep="-", blue=True)
        for line in terminal.screen(picks):
            write(line)
        if {pick.pick for pick in picks} - {*transports.NAMES}:
            write(_OTHERS)
    write("")
    rounds = _rounds(config)
    for line in wrapped(noise(rows, load_of(rounds))):
        write(line, yellow=rounds["load_before"] > 0.5 * processors())
