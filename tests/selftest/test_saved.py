"""Saved benchmarks, and their comparison with later ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests import harness

WRONG = "tests.selftest.defects.twelve_digits"


def _bench(storage: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--benchmark-only", "-p", "no:cacheprovider"]
    choice = ["-k", "test_overhead and 2 and not peer", "tests/benchmarks/test_run.py"]
    return subprocess.run(
        [*command, *choice, f"--benchmark-storage={storage}", *arguments],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_what_is_saved_is_small_and_whole_and_compared(tmp_path: Path) -> None:
    """It has no raw data and no failed row, but the limits of the machine; later runs compare."""
    into = tmp_path / "all.json"
    result = _bench(
        tmp_path,
        "--transport=pipe",
        f"--transport={WRONG}",
        "--benchmark-save=before",
        f"--benchmark-json={into}",
    )
    assert result.returncode == 1, result.stdout  # the wrong one
    (saved,) = tmp_path.rglob("0001_before.json")
    for file in (saved, into):
        content = json.loads(file.read_text())
        names = [row["name"] for row in content["benchmarks"]]
        assert any("[pipe-2]" in name for name in names), names
        assert not any(WRONG in name for name in names), names
        assert all("data" not in row["stats"] for row in content["benchmarks"])
        assert all(row["extra_info"]["x_floor"] > 0 for row in content["benchmarks"])
        info = content["machine_info"]
        assert {"release", "kernel", "python_version", "limits", "libraries"} <= info.keys()
        assert info["limits"]["pipe_buf"] >= 512  # POSIX, <limits.h>
        assert info["libraries"]["pytest"]
        assert "flags" not in info["cpu"]
        assert file.stat().st_size < 16384
    assert not re.search(rf"{re.escape(WRONG)} +[\d.]+ ", result.stdout, re.MULTILINE)

    printed = result.stdout.partition("- benchmarks -")[2].partition("= short test summary")[0]
    assert "overhead: 2 workers, one term each" in printed
    assert re.search(r"^ +1  pipe +[\d.]+ +[\d.]+-[\d.]+ +[\d.]+$", printed, re.MULTILINE), printed
    assert "two measurements of the floor differ by up to" in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) <= 80
    assert content["rounds"]["seed"] >= 0

    row = next(row for row in content["benchmarks"] if "[pipe-2]" in row["name"])
    row["extra_info"]["x_floor"] = 77.77  # a ratio that no second run has by chance
    saved.write_text(json.dumps(content))
    result = _bench(tmp_path, "--transport=pipe", "--benchmark-compare=0001")
    assert result.returncode == 0, result.stdout
    assert "machine_info is different" not in result.stdout + result.stderr
    assert re.search(r"^pipe +77\.77 x floor .*\(0001", result.stdout, re.MULTILINE), result.stdout
    assert re.search(r"^pipe +[\d.]+ x floor .*\(NOW", result.stdout, re.MULTILINE), result.stdout
