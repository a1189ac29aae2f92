"""bootstrap.py: the name of the environment, and the reasons it gives."""

import sys

import pytest

import bootstrap


@pytest.mark.parametrize(
    ("name", "cache_tag", "abiflags", "expected"),
    [
        ("cpython", "cpython-311", "", "cpython-311"),
        ("cpython", "cpython-313", "t", "cpython-313t"),
        ("cpython", "cpython-313", "td", "cpython-313td"),
        ("cpython", "cpython-314t", "t", "cpython-314t"),
        ("pypy", "pypy311", "", "pypy311"),
    ],
)
def test_an_environment_is_named_by_implementation_and_abi(
    name: str, cache_tag: str, abiflags: str, expected: str
) -> None:
    """Interpreters that differ in one of these cannot share extension modules."""
    assert bootstrap.tag(name, cache_tag, abiflags) == expected


def test_an_implementation_without_a_cache_tag_has_a_name_too() -> None:
    """PEP 421: the tag is None in an implementation that caches no modules."""
    version = f"{sys.version_info[0]}{sys.version_info[1]}"
    assert bootstrap.tag("odd", None, "") == f"odd-{version}"
    assert bootstrap.VENV.name.startswith(f".venv-{sys.implementation.name}")


_FAILED = """\
  error: subprocess-exited-with-error
  {why}
ERROR: Failed building wheel for it
"""


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("error: command 'gcc' failed: No such file or directory", "a C compiler"),
        ("fatal error: Python.h: No such file or directory", "a C compiler"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "Rust"),
        ("error: can't find Rust compiler\n  note: setuptools-rust needs rustc", "Rust"),
        ("maturin failed", "Rust"),
    ],
)
def test_a_failed_build_names_the_compiler_that_it_takes(why: str, expected: str) -> None:
    """Which one it is, the output of pip shows."""
    assert f"which takes {expected}" in bootstrap.cause(_FAILED.format(why=why))


def test_a_lost_connection_comes_before_what_follows_from_it() -> None:
    """After a lost connection pip also says that the package does not exist."""
    said = "Connection broken by 'NewConnectionError'\nERROR: No matching distribution found for x"
    assert bootstrap.cause(said) == "there is no connection to the package index"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--require=all", "--report-dir=out"],
        ["-x", "-v", "-k", "pipe and C4"],
        ["--transport=pipe", "--transport=fifo"],
        ["-m", "exhaustive", "tests/clauses"],
        ["-m", "not suite and not browser"],
        ["-p", "no:cacheprovider"],
        ["-rs"],
        ["--no-header", "--durations=5"],
    ],
)
def test_a_run_takes_all_cores(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless there is but one."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert bootstrap.spread(arguments, 4) == ["-n", "4", "--dist", "loadgroup"]
    assert bootstrap.spread(arguments, 1) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "3"],
        ["-n0"],
        ["-nauto"],
        ["--numprocesses=3"],
        ["--dist=no"],
        ["-p", "no:xdist"],
        ["-pno:xdist"],
        ["-s"],
        ["-vs"],
        ["--capture=no"],
        ["--pdb"],
        ["--trace"],
        ["--co", "-q"],
        ["--collect-only"],
        ["--help"],
        ["--sw"],
        ["-m", "suite"],
        ["-m=browser"],
        ["--benchmark-only"],
        ["--transport=pipe"],
        ["tests/clauses/test_a_correct.py::test_all"],
    ],
)
def test_some_runs_take_one_core(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user says how many, or watches, or there is nothing to spread."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert bootstrap.spread(arguments, 4) == []


def test_the_options_of_the_environment_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As pytest has it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-v -n 2")
    assert bootstrap.spread([], 4) == []
    assert bootstrap.cores() >= 1
