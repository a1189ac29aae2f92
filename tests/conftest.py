"""Fixtures of the conformance tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

Groups = list[tuple[str | None, list[dict[str, Any]]]]

_SHOWS = """
import ctypes, socket
ctypes.CDLL(None).short_io_begin()
a, b = socket.socketpair()
a.sendall(b"sixteen bytes ..")
print(len(b.recv(16)))
"""


@pytest.fixture(scope="session")
def short_io(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the library that cuts reads and writes; return its path for LD_PRELOAD."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build tests/lab/short_io.c with")
    library = tmp_path_factory.mktemp("short_io") / "short_io.so"
    source = Path(__file__).parent / "lab" / "short_io.c"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.skip(f"tests/lab/short_io.c cannot be built: {built.stderr[-300:]}")
    shown = subprocess.run(
        [sys.executable, "-c", _SHOWS],
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if shown[:1] != ["3"]:
        pytest.skip(f"LD_PRELOAD does not cut reads here: {shown}")
    return str(library)


@pytest.hookimpl(wrapper=True)
def pytest_benchmark_group_stats() -> Generator[None, Groups, Groups]:
    """Name each row of the tables by its transport and its ratio to the floor.

    A row whose result was wrong is dropped.  Where a run forks more than its workers, the
    ratio to a floor of as many forks is told too.
    """
    groups = yield
    kept = []
    for group, rows in groups:
        good = [row for row in rows if not row.get("has_error")]
        for row in good:
            info, params = row["extra_info"], row["params"] or {}
            name = params.get("transport") or row["param"].split("-")[-1]
            ratio = f"{info['x_floor']:5.2f} x floor" if "x_floor" in info else ""
            if info.get("forks", 0) > info.get("workers", 0):
                ratio += f" ({info['x_floor_of_as_many_forks']:.2f} x of {info['forks']} forks)"
            row["name"] = f"{name:11} {ratio}"
        if good:
            kept.append((group, good))
    return kept
