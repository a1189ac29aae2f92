"""A user's own module: how it is named, what it may declare, and what a failure prints.

Whose a name is: tests/selftest/test_own_names.py.
"""

import subprocess
from pathlib import Path

import pytest

from report.results import Standing
from tests.selftest.support_file import outcomes, run_suite, support_of
from transports import NAMES

MODULE = """
import os
from tests.selftest.defects import honest

{more}

def run(n, workers):
    {check}
    return honest.run(n, workers)
"""


REPORT = "--report-dir=DIRECTORY"


BUILT_IN = ", ".join(NAMES)

# Files with something wrong in each.
WRONG = {
    "bad.py": MODULE.format(more='EXPECTED_FAILURES = {"Z9": "a typing error"}', check="pass"),
    "bare/module.py": "",
    "package/__init__.py": "",
    "package/inner.py": "from . import other",
    "queue.py": "def run(n, workers): return 3.0",
    "syntax.py": "import os\ndef run(n, workers)\n    pass",
    "needs.py": "import nowhere",
    "struct_error.py": "import struct\nstruct.unpack('d', b'short')",
    "exits.py": "import sys; sys.exit('why')",
    "dies.py": "import os; os.kill(os.getpid(), 9)",
    "status.py": "import os; os._exit(3)",
    "probe.py": "def run(n, workers): pass\ndef unsupported(): 1 / 0",
}


def _test(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the suite quietly; with REPORT among *arguments*, the report is written to *place*."""
    options = (text.replace("DIRECTORY", str(place)) for text in arguments)
    return run_suite(place, "-q", *options, **environment)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "nowhere",
            f"there is no module nowhere in DIRECTORY or installed; built in are {BUILT_IN}",
        ),
        ("package.nowhere", "there is no module package.nowhere in DIRECTORY"),
        ("transports.nowhere", "there is no module transports.nowhere in DIRECTORY"),
        ("nowhere.py", "there is no file DIRECTORY/nowhere.py"),
        ("./package", "it is a directory: name a module"),
        ("bare", "it is a directory: name a module in it, --transport=bare.MODULE"),
        ("package/inner.py", "it imports from its package: use --transport=package.inner"),
        ("json", "it has no function run(n, workers)"),
        ("queue", "queue is a module of Python; for the file, use --transport=queue.py"),
        ("bad.py", "there is no clause Z9"),
        ("syntax.py", "SyntaxError: expected ':' (syntax.py, line 2)"),
        ("needs.py", "No module named 'nowhere' (needs.py, line 1); to install a package for it:"),
        ("struct_error.py", "struct.error: unpack requires a buffer of 8 bytes (struct_error.py, "),
        ("exits.py", "it calls sys.exit('why') when it is imported (exits.py, line 1)"),
        ("dies.py", "its import was ended by SIGKILL"),
        ("status.py", "its import ended the interpreter with status 3"),
        ("probe.py", "its unsupported() ended the interpreter with status 1: ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_tested_is_one_line_and_exit_status_4(
    tmp_path: Path, name: str, reason: str
) -> None:
    """The line has the reason; where the name is mistyped, it has the built-in transports."""
    for file, text in WRONG.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    done = _test(tmp_path, f"--transport={name}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, done.stderr.splitlines())
    assert f"--transport={name}: " in line
    assert reason.replace("DIRECTORY", str(tmp_path)) in line
    assert (BUILT_IN in line) == ("there is no module" in line)


def test_an_import_that_does_not_end_is_told(tmp_path: Path) -> None:
    """It is ended early here, because it does not compute."""
    (tmp_path / "hangs.py").write_text("import time\ntime.sleep(1000)")
    done = _test(tmp_path, "--transport=hangs.py", IPC_CONFORMANCE_QUIET="1")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, done.stderr.splitlines())
    assert "its import did not end" in line


def test_a_file_is_tested_from_any_directory_and_the_nine_are_left_out(tmp_path: Path) -> None:
    """It may import modules beside it.  A reference transport is tested if it is named too."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="import beside", check="pass"))
    (tmp_path / "beside.py").touch()
    done = _test(tmp_path, "--transport=mine.py", "--level=basic", "--transport=pipe", REPORT)
    assert done.returncode == 0, done.stdout
    support = support_of(tmp_path, done.stdout)
    earned = {
        name: Standing(transport, support["clauses"]).earned
        for name, transport in support["transports"].items()
    }
    assert earned == {"mine.py": "basic", "pipe": "basic"}
    assert "shm" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["tests/unit/test_channel.py"],
        ["--benchmark-only", "-k", "overhead and -2 or round_trip or 8B-1-one or 1e4"],
    ],
    ids=["messages", "benchmarks"],
)
def test_whatever_is_not_a_clause_takes_a_file_too(tmp_path: Path, arguments: list[str]) -> None:
    """The skip says why the module carries no messages."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="pass"))
    done = _test(tmp_path, "--transport=mine.py", "-rs", *arguments)
    assert done.returncode == 0, done.stdout
    assert "it has no channel(work, workers)" in done.stdout


LOSSY = """
import contextlib
from transports.pipe import channel as whole, run

class Lossy:
    def __init__(self, messages):
        self.send = messages.send
        self.messages = messages

    def __iter__(self):
        return (pair for at, pair in enumerate(self.messages) if at != {lost})

@contextlib.contextmanager
def channel(work, workers, **options):
    with whole(work, workers, **options) as messages:
        yield Lossy(messages)
"""


@pytest.mark.parametrize("lost", [-1, 6])
def test_a_channel_is_held_to_the_clauses_of_run(tmp_path: Path, lost: int) -> None:
    """A channel that loses the seventh message fails, although its run is right."""
    (tmp_path / "mine.py").write_text(LOSSY.format(lost=lost))
    names = ("mine.py", "mine.py:channel")
    given = [f"--transport={name}" for name in names]
    done = _test(tmp_path, *given, "-k", "exact_for_every_number", REPORT)
    assert done.returncode == (pytest.ExitCode.OK if lost < 0 else pytest.ExitCode.TESTS_FAILED)
    support = support_of(tmp_path, done.stdout)
    assert outcomes(support, "mine.py") == {"A1": "passed"}
    assert outcomes(support, "mine.py:channel") == {"A1": "passed" if lost < 0 else "failed"}


def test_a_module_without_a_channel_says_so(tmp_path: Path) -> None:
    """The reason is the module's own, or the suite's."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="pass"))
    given = [f"--transport={name}" for name in ("mine.py:channel", "file:channel")]
    done = _test(tmp_path, *given, "-k", "exact", REPORT)
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "unsupported: it has no channel(work, workers)" in done.stdout
    found = support_of(tmp_path, done.stdout)["transports"]
    reasons = {name: transport["unsupported"] or "" for name, transport in found.items()}
    assert reasons["mine.py:channel"].startswith("it has no channel(work, workers)")
    assert reasons["file:channel"].startswith("a file"), reasons


def test_expected_failures_are_expected_and_only_these(tmp_path: Path) -> None:
    """A clause that fails as declared is no failure; a declared clause that passes is one."""
    more = 'EXPECTED_FAILURES = {"H1": "it takes what it gets"}'
    (tmp_path / "mine.py").write_text(MODULE.format(more=more, check="n = abs(n)"))
    done = _test(tmp_path, "--transport=mine.py", "-k", "out_of_range", REPORT)
    assert done.returncode == 0, done.stdout
    assert "H1 expected to fail" in done.stdout
    assert outcomes(support_of(tmp_path, done.stdout), "mine.py") == {"H1": "expected"}
    (tmp_path / "mine.py").write_text(MODULE.format(more=more, check="pass"))
    done = _test(tmp_path, "--transport=mine.py", "-k", "out_of_range")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "H1 passed, and is in EXPECTED_FAILURES: it takes what it gets" in done.stdout
    chance = 'EXPECTED_FAILURES = {"H1": "sometimes: it takes what it gets"}'
    (tmp_path / "mine.py").write_text(MODULE.format(more=chance, check="pass"))
    done = _test(tmp_path, "--transport=mine.py", "-k", "out_of_range")
    assert done.returncode == 0, done.stdout


def test_a_failure_tells_its_clause_its_remedy_and_how_to_see_it_again(tmp_path: Path) -> None:
    """The output has what was seen too."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="os.open('/', os.O_RDONLY)"))
    done = _test(tmp_path, "--transport=mine.py", "-k", "after_a_return")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    for text in (
        "LEAK: in the caller, descriptor",
        "B1 After a return or an exception nothing is left",
        "Usual cause and remedy: An object is not closed",
        "Again: ",
        "tests/clauses/test_b_clean.py::",
    ):
        # Lines are wrapped to the terminal, and those of a command end in a backslash.
        assert text in " ".join(done.stdout.replace("\\\n", "").split())
