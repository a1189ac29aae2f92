"""bootstrap.py: the name of the environment, what it installs, paths, and the reasons it gives."""

import json
import sys
from pathlib import Path

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


def test_a_package_that_needs_another_pytest_is_told() -> None:
    """In plain words, and not in those of pip."""
    said = "ERROR: Cannot install a and b because of conflicts\nERROR: ResolutionImpossible: see"
    assert bootstrap.cause(said) == "it contradicts what is installed for the suite"


def test_a_path_to_install_is_from_where_the_user_is(tmp_path: Path) -> None:
    """A name is a package of the index, unless it is that of a project beside."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").touch()
    (tmp_path / "other").mkdir()
    for given, expected in {
        "msgpack>=1": "msgpack>=1",
        "pkg @ https://example.org/pkg.whl": "pkg @ https://example.org/pkg.whl",
        "other": "other",
        "./other": f"{tmp_path}/other",
        "project": f"{tmp_path}/project",
        "./project[extra]": f"{tmp_path}/project[extra]",
        "..": str(tmp_path.parent),
        "/somewhere/else": "/somewhere/else",
    }.items():
        assert bootstrap.located(given, str(tmp_path)) == expected


def test_paths_in_options_are_from_where_the_user_is(tmp_path: Path) -> None:
    """Those of files that are written; the tests to run, and other options, stay as they are."""
    (tmp_path / "saved.json").touch()
    for given, expected in {
        "--report-dir=out": "--report-dir=/here/out",
        "--report-dir out": "--report-dir /here/out",
        "--report-dir=/out": "--report-dir=/out",
        "--junitxml out.xml -k pipe": "--junitxml /here/out.xml -k pipe",
        "--benchmark-json=../a=b.json": "--benchmark-json=/here/../a=b.json",
        "--benchmark-storage=kept": "--benchmark-storage=/here/kept",
        "--benchmark-storage=file://kept": "--benchmark-storage=file:///here/kept",
        "--benchmark-storage=elasticsearch+http://host": None,
        "--benchmark-histogram -v": None,
        "--benchmark-compare=0001": None,
        "--benchmark-compare --benchmark-save=before": None,
        "-k report tests/unit --deselect=tests/unit/test_x.py": None,
        "--transport=mine.py -c other.ini": None,
    }.items():
        found = bootstrap.from_start(given.split(), "/here")
        assert found == (expected or given).split()
    compared = bootstrap.from_start(["--benchmark-compare=saved.json"], str(tmp_path))
    assert compared == [f"--benchmark-compare={tmp_path}/saved.json"]


def test_a_path_is_installed_anew_and_a_package_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time with what is there, so that it is not replaced."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch(mode=0o755)
    monkeypatch.setattr("bootstrap.VENV", tmp_path)
    monkeypatch.setattr("bootstrap.PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr("bootstrap.STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr("bootstrap.make", lambda: None)
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr("bootstrap.quietly", lambda *command: calls.append(command))
    for _ in range(2):
        environment = bootstrap.Environment()
        environment.require(["pytest>=8.2"])
        environment.require(["msgpack", "/mine/redis"])
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    assert [call[call.index(options[-1]) + 1 :] for call in calls] == [
        ("pytest>=8.2",),
        ("msgpack", "/mine/redis", "pytest>=8.2"),
        ("/mine/redis", "pytest>=8.2", "msgpack"),
    ]
    stamp = json.loads((tmp_path / "stamp.json").read_text("utf-8"))
    assert stamp["installed"] == ["pytest>=8.2", "msgpack", "/mine/redis"]


@pytest.mark.parametrize(
    "arguments", ["", "--transport=mine.py", "--transport mine.py --level=basic"]
)
def test_tests_are_spread_also_those_of_one_transport(
    arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine of several cores."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert bootstrap.spread(arguments.split(), 2) == ["-n", "auto", "--dist", "loadgroup"]
    assert bootstrap.spread(arguments.split(), 1) == []


@pytest.mark.parametrize(
    "arguments",
    [
        "--transport=mine.py --clause=A1",
        "--transport=mine.py -k some",
        "--transport=mine.py tests/clauses/test_a_correct.py::test_it",
        "-n 0",
        "-m suite",
        "--pdb",
    ],
)
def test_what_is_short_or_says_how_is_not_spread(
    arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes take a second to start."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert bootstrap.spread(arguments.split(), 2) == []
