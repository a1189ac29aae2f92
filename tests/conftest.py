"""Fixtures of the conformance tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate.keeper import once
from tests.gate.policies import Walk
from tests.gate.seccomp import Refused

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


@pytest.fixture(scope="session", autouse=True)
def _alone() -> None:
    """Let a suite that a test starts not take itself for a process of this one's pytest-xdist."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def gate() -> None:
    """Skip where the system has no filters that let system calls wait: see tests.gate."""
    try:
        once(lambda: b"", Walk(0))
    except Refused as reason:
        pytest.skip(str(reason))


@pytest.fixture
def order(request: pytest.FixtureRequest) -> str | None:
    """Return the one order of system calls that was asked for, or None: many are tried."""
    asked: str | None = request.config.option.order
    return asked


# Where the suite itself is tested, and the files there that have other tests too: of the kernel, of
# the channels, and of the report in a browser.
_OF_THE_SUITE = [Path(__file__).with_name(name) for name in ("unit", "selftest")]
_KERNEL = "test_kernel.py"
_ALSO_OTHERS = ("test_channel*.py", "test_storm.py", "test_report_browser.py", _KERNEL)


def _is_of_the_suite(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in _OF_THE_SUITE)


def _has_others(path: Path) -> bool:
    return any(path.match(pattern) for pattern in _ALSO_OTHERS)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not read the files of which every test is left out by default: that takes seconds."""
    if "not suite" not in config.option.markexpr or not _is_of_the_suite(collection_path):
        return None
    return True if collection_path.match("test_*.py") and not _has_others(collection_path) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what tests the suite, and judges no transport: it is left out by default."""
    if item.get_closest_marker("browser") is not None:  # left out by default, and with the suite
        return
    path = item.path
    if not _is_of_the_suite(path):
        return
    if path.name != _KERNEL and "transport" not in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.suite)
    elif not _has_others(path):
        raise pytest.UsageError(f"{path.name} judges a transport: name it in _ALSO_OTHERS")
