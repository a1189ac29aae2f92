"""A user's names are theirs, whatever the suite's modules are called."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import harness
from tests.harness.again import again
from tests.selftest.support_file import outcomes, support_of

pytestmark = pytest.mark.suite

# A module that needs its neighbours, in the caller and in workers of two kinds: those that
# multiprocessing starts, and programs of its own.
MODULE = """
import math, multiprocessing, subprocess, sys
from tests.terms import part
from kernel import root

def run(n, workers):
    if n < 0 or workers < 1 or not type(n) is type(workers) is int:
        raise ValueError((n, workers))
    cuts = [n * number // workers for number in range(workers + 1)]
    slices = list(zip(cuts, cuts[1:]))
    if "spawn" in __file__:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            return root(pool.starmap(part, slices))
    command = [sys.executable, "-m", "tests.terms"]
    programs = [
        subprocess.Popen([*command, *map(str, each)], stdout=subprocess.PIPE, text=True)
        for each in slices
    ]
    return root([float.fromhex(program.communicate()[0].strip()) for program in programs])
"""

TERMS = """
import math, sys
import report
assert report.THEIRS
assert not [name for name in sys.modules if name.startswith("tests.scenarios")]

def part(lo, hi):
    return math.fsum(1 / (2 * k + 1) ** 2 for k in range(lo, hi))

if __name__ == "__main__":
    print(part(*map(int, sys.argv[1:])).hex())
"""

FILES = {
    "my spawn v1.2.py": MODULE,
    "programs.py": MODULE,
    "kernel.py": "import math\n\ndef root(sums):\n    return math.sqrt(8 * math.fsum(sums))\n",
    "report.py": "THEIRS = True\n",
    "conftest.py": "raise RuntimeError('not for the suite')\n",
    "pytest.ini": "[pytest]\naddopts = --of-another-suite\n",
    "tests/terms.py": TERMS,  # with no __init__.py beside it
    "transports/__init__.py": "",
    "transports/pipe.py": "def run(n, workers):\n    return 3.0\n",
    **dict.fromkeys(
        [f"{name}.py" for name in ("json", "random", "signal", "struct", "queue", "tempfile")],
        "raise RuntimeError('not for the suite')\n",
    ),
}
ALL = ("my spawn v1.2.py", "programs", "pipe", "transports.pipe")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory in which the user has all of these names."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _pytest(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in *place* as the program of that name does: without that directory in its path.

    environment: variables to add.
    """
    outer = {name: text for name, text in os.environ.items() if not name.startswith("IPC_CONF")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=place,
        env=outer | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_the_user_has_named_is_judged(place: Path) -> None:
    """And a built-in transport is the suite's, although there is a package of that name."""
    given = [f"--transport={name}" for name in ALL]
    tests = ["-k", "exact_for_every_number", "--report-dir=out"]
    done = _pytest(place, str(harness.ROOT), *given, *tests)
    support = support_of(place / "out", done.stdout)
    found = {name: outcomes(support, name) for name in ALL}
    assert found.pop("transports.pipe") == {"A1": "failed"}
    assert all(verdicts == {"A1": "passed"} for verdicts in found.values()), done.stdout


def test_benchmarks_measure_what_the_user_has_named(place: Path) -> None:
    """Their 3.0 is no result: it is not measured.  The suite's own `pipe` beside it is right."""
    (place / "spawns.py").write_text(MODULE)
    given = [f"--transport={name}" for name in ("spawns", "programs.py", "pipe", "transports.pipe")]
    tests = ["--benchmark-only", "-rs", "-k", "overhead and -2] or scaling_of_workers and -4]"]
    done = _pytest(place, str(harness.ROOT), *given, *tests)
    assert "returned 3.0" in done.stdout
    assert re.search(r"^SKIPPED \[2\] .*: not judged: run", done.stdout, re.MULTILINE), done.stdout
    assert "6 passed, " in done.stdout


def test_a_relative_path_in_pythonpath_is_from_where_the_user_is(place: Path) -> None:
    """The directory of a trial is another one."""
    (place / "src").mkdir()
    (place / "src" / "within.py").write_text("from transports.pipe import run\n")
    done = _pytest(
        place, str(harness.ROOT), "--transport=within", "-k", "exact_for", PYTHONPATH="src"
    )
    assert "returned 3.0" in done.stdout


def test_a_module_may_use_the_suites_where_the_user_has_none(tmp_path: Path) -> None:
    """They are found after all others."""
    (tmp_path / "mine.py").write_text("from transports.pipe import run\n")
    done = _pytest(tmp_path, str(harness.ROOT), "--transport=mine", "-k", "exact_for_every_number")
    assert done.returncode == 0, done.stdout


def test_optimized_python_is_refused_in_one_line(tmp_path: Path) -> None:
    """Without assert statements, most checks would be left out."""
    done = _pytest(tmp_path, str(harness.ROOT), "--transport=pipe", PYTHONOPTIMIZE="1")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, done.stderr.splitlines())
    assert "PYTHONOPTIMIZE" in line


@pytest.mark.parametrize("name", ["pipe", "it's mine v1.2.py"])
def test_the_line_that_shows_a_failure_again_works_from_any_directory(
    place: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is pasted into a shell."""
    honest = harness.ROOT / "tests" / "selftest" / "defects" / "honest.py"
    shutil.copy(honest, place / "it's mine v1.2.py")
    monkeypatch.setattr("tests.harness.again.STARTED_IN", str(place))
    monkeypatch.delenv("IPC_CONFORMANCE_BOOTSTRAP", raising=False)
    monkeypatch.delenv("IPC_CONFORMANCE_FROM", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q -p no:cacheprovider")
    test = "test_the_result_is_exact_for_every_number_of_terms_and_workers"
    line = again(f"tests/clauses/test_a_correct.py::{test}[{name}]", name)
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd="/", capture_output=True, text=True, check=False
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
