"""Fixtures of the conformance tests, and the tables of the benchmarks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from report import host
from report.results import Results

Groups = list[tuple[str | None, list[dict[str, Any]]]]

_SHOWS = """
import ctypes, socket
ctypes.CDLL(None).short_io_begin()
a, b = socket.socketpair()
a.sendall(b"sixteen bytes ..")
print(len(b.recv(16)))
"""

_STEPS = """
import ctypes, time
before = time.time()
ctypes.CDLL(None).clock_step(1000)
print(time.time() - before >= 1000)
"""


def _preloaded(directory: Path, name: str, shows: str, due: str) -> str:
    """Build tests/harness/NAME.c; return its path for LD_PRELOAD, or skip where it has no effect.

    shows: a program that prints *due* under the library.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip(f"no C compiler (cc) to build tests/harness/{name}.c with")
    library = directory / f"{name}.so"
    source = Path(__file__).parent / "harness" / f"{name}.c"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.skip(f"tests/harness/{name}.c cannot be built: {built.stderr[-300:]}")
    shown = subprocess.run(
        [sys.executable, "-c", shows],
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if shown[:1] != [due]:
        pytest.skip(f"tests/harness/{name}.c has no effect in LD_PRELOAD here: {shown}")
    return str(library)


@pytest.fixture(scope="session")
def short_io(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the library that shortens reads and writes; return its path for LD_PRELOAD."""
    return _preloaded(tmp_path_factory.mktemp("short_io"), "short_io", _SHOWS, "3")


@pytest.fixture(scope="session")
def stepped_clock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the library that steps the clock; return its path for LD_PRELOAD, "" without one."""
    place = tmp_path_factory.mktemp("stepped_clock")
    try:
        return _preloaded(place, "stepped_clock", _STEPS, "True")
    except pytest.skip.Exception:  # then the clock of Python alone is stepped
        return ""


@pytest.fixture
def order(request: pytest.FixtureRequest) -> str | None:
    """Return the one order of system calls that was asked for, or None: many are tried."""
    asked: str | None = request.config.option.order
    return asked


# Where the suite itself is tested. Only the tests of the kernel say something of the transports.
_OF_THE_SUITE = [Path(__file__).with_name(name) for name in ("unit", "selftest")]
_KERNEL = "test_kernel.py"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what tests the suite, and judges no transport: it is left out by default."""
    if item.get_closest_marker("browser") is not None:  # left out by default, and with the suite
        return
    path = item.path
    of_the_suite = any(path.is_relative_to(place) for place in _OF_THE_SUITE)
    if (
        of_the_suite
        and path.name != _KERNEL
        and "transport" not in getattr(item, "fixturenames", ())
    ):
        item.add_marker(pytest.mark.suite)


def _failed(config: pytest.Config) -> set[str]:
    """Return the node ids of the tests that failed: their figures are not shown."""
    results = config.pluginmanager.get_plugin("results")
    assert isinstance(results, Results)
    return results.failed


@pytest.hookimpl(optionalhook=True)  # here and below: without pytest-benchmark they are unknown
def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Add the facts of the machine on which the figures depend."""
    host.benchmark_info(machine_info)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Leave out rows that failed; keep the time of each single round only if it is asked for."""
    failed = _failed(config)
    rows = [row for row in output_json["benchmarks"] if row["fullname"] not in failed]
    output_json["benchmarks"] = rows
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


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_benchmark_group_stats(config: pytest.Config) -> Generator[None, Groups, Groups]:
    """Name each row of the tables by its transport and its ratio to the floor.

    A row whose result was wrong is dropped.  Where a run forks more processes than its workers,
    the row has its ratio to a floor of as many forks too.
    """
    groups = yield
    kept, failed = [], _failed(config)
    for group, rows in groups:
        good = [row for row in rows if row["fullname"] not in failed]
        for row in good:
            info, params = _info(config, row), row["params"] or {}
            name = params.get("transport") or params.get("peer") or row["param"].split("-")[-1]
            ratio = f"{info['x_floor']:5.2f} x floor" if "x_floor" in info else ""
            if "redis_over_it" in info:
                ratio = f"Redis takes {info['redis_over_it']:.2f} x as long"
            if "x_floor_of_as_many_forks" in info and info.get("forks", 0) > info.get("workers", 0):
                ratio += f" ({info['x_floor_of_as_many_forks']:.2f} x of {info['forks']} forks)"
            row["name"] = f"{name:11} {ratio}{_figures(info)}"
        if good:
            kept.append((group, good))
    return kept


def _figures(info: dict[str, Any]) -> str:
    """Return the figures of a row about messages: its ratio to C, and percentiles or rates."""
    text = f"{info['x_c']:5.2f} x C" if "x_c" in info else "    no C" if "no_c" in info else ""
    if "p50_us" in info:
        text += " p50 {p50_us:6.1f} p99 {p99_us:6.1f} p99.9 {p999_us:6.1f} us".format(**info)
    if "mib_per_s" in info:
        text += " {messages_per_s:9,.0f}/s {mib_per_s:7,.1f} MiB/s".format(**info)
    if "peak_rss_mib" in info:
        text += f" peak {info['peak_rss_mib']:.1f} MiB a worker"
    return text
