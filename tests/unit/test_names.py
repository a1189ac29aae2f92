"""Which modules an import finds in the interpreter under test, and what cannot be loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import ROOT, module_of
from tests.scenarios import names
from tests.scenarios.loading import give_way, load, why

# Gives way for a file of the user's, and prints sys.path and what is in sys.modules.
GIVES_WAY = """
import json, sys
from tests.scenarios import loading, names, protocol
import kernel
mine, started_in = sys.argv[1:]
loading.give_way(mine)
loading.load(mine)
scenario = protocol.resolve("tests.scenarios.basics:serve")
import tests
print(json.dumps({
    "path": sys.path,
    "kernel": "kernel" in sys.modules,
    "scenario": scenario.__module__,
    "tests": list(tests.__path__),
    "scenarios": "tests.scenarios.basics" in sys.modules,
}))
"""


def _given_way(place: Path, more: str = "") -> dict[str, object]:
    mine = place / "sub" / "mine.py"
    mine.parent.mkdir()
    mine.touch()
    environment = os.environ | {"PYTHONPATH": more} | names.environment(str(place))
    if more:
        environment["PYTHONPATH"] += os.pathsep + more
    done = subprocess.run(
        [sys.executable, "-c", GIVES_WAY, str(mine), str(place)],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_standard_library_comes_before_the_users_directories(tmp_path: Path) -> None:
    """What the user has in PYTHONPATH comes first, as always; the suite is not in the path."""
    path = _given_way(tmp_path, "/their/own")["path"]
    assert isinstance(path, list)
    library = os.path.dirname(os.__file__)
    mine, started_in = str(tmp_path / "sub"), str(tmp_path)
    kept = ["/their/own", library, mine, started_in]
    assert [place for place in path if place in kept] == kept
    assert str(ROOT) not in path
    installed = [place for place in path if place.endswith("-packages")]
    assert all(path.index(place) > path.index(started_in) for place in installed)


def test_names_that_the_user_does_not_have_are_the_suites(tmp_path: Path) -> None:
    """A module may use the suite's own transports."""
    found = _given_way(tmp_path)
    assert found["kernel"]
    assert found["tests"] == [str(ROOT / "tests")]


def test_names_that_the_user_has_are_theirs(tmp_path: Path) -> None:
    """And the suite goes on to find its scenarios."""
    (tmp_path / "kernel.py").touch()
    (tmp_path / "tests").mkdir()  # a package without __init__.py
    found = _given_way(tmp_path)
    assert not found["kernel"]
    assert found["tests"] == [str(tmp_path / "tests")]
    assert found["scenario"] == "tests.scenarios.basics"
    assert not found["scenarios"]


def test_a_path_of_the_user_in_pythonpath_is_from_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An empty entry would be the directory of the trial."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["src", "", "/abs"]))
    _startup, root, *theirs = names.environment("/here")["PYTHONPATH"].split(os.pathsep)
    assert root == str(ROOT)
    assert theirs == ["/here/src", "/abs"]


def test_a_built_in_transport_is_not_what_the_user_calls_so() -> None:
    """Only the short name is the suite's."""
    assert module_of("pipe") == "transports.pipe"
    assert module_of("transports.pipe") != "transports.pipe"
    assert module_of("pipe:channel") == "transports.pipe:channel"


def test_the_names_are_the_suites_again_after_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Benchmarks run in pytest's process."""
    import kernel  # noqa: PLC0415 - the module that the block puts aside
    from tests.scenarios.loading import given_way  # noqa: PLC0415

    (tmp_path / "kernel.py").write_text("THEIRS = True")
    (tmp_path / "mine.py").write_text("import kernel; theirs = kernel")
    monkeypatch.setenv(names.FROM, str(tmp_path))
    before = sys.path[:], dict(os.environ), sys.meta_path[:]
    target = str((tmp_path / "mine.py").resolve())
    with given_way(target):
        assert load(target).theirs.THEIRS
        assert sys.modules["kernel"] is not kernel
    assert sys.modules["kernel"] is kernel
    assert (sys.path[:], dict(os.environ), sys.meta_path[:]) == before
    del sys.modules["mine"]


def test_a_reference_transport_needs_no_way() -> None:
    """Its names are the suite's."""
    before = sys.path[:], dict(sys.modules)
    give_way("transports.pipe")
    assert (sys.path[:], dict(sys.modules)) == before


def test_the_reason_is_one_line() -> None:
    """Whatever the text of the error is."""
    assert why(ValueError("two\nlines"), "mine") == "ValueError: two lines"
    assert why(KeyboardInterrupt(), "mine") == "KeyboardInterrupt"
