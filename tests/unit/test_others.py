"""Other programs on a machine that trials share."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import others
from tests.system import resources

_LEAK = "LEAK: file in /dev/shm: other"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let a directory be all that the machine has, and trials have no namespaces."""
    monkeypatch.setattr(others, "SHARED", (str(tmp_path),))
    monkeypatch.setattr(others, "refused", lambda: "unshare: Operation not permitted")
    monkeypatch.setattr(others, "_WATCH", 0.3)
    monkeypatch.setattr(resources, "of_the_namespace", set)
    return tmp_path


@pytest.fixture
def busy(place: Path) -> Iterator[None]:
    """Let somebody make and remove files there."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            (place / "other").touch()
            over.wait(0.01)
            (place / "other").unlink()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("busy")
def test_what_may_be_another_programs_is_not_laid_to_the_transport() -> None:
    """Leaks of shared kinds, and objects that appear; not what the run itself has done."""
    assert "files in " in others.explanation("B1", _LEAK)
    assert others.explanation("G1", "AssertionError: file other has mode 644")
    for clause, text in (
        ("B1", "LEAK: in the caller, descriptor 5 -> pipe:[1]"),
        ("B1", f"{_LEAK}\nLEAK: fifo in {os.sep}home: fifo"),
        ("B1", f"{_LEAK}\nORPHAN: process 7 lives on"),
        ("A5", "AssertionError: only 1 processes computed"),
        ("G5", "WRONG: 3.2"),
    ):
        assert not others.explanation(clause, text), text


@pytest.mark.usefixtures("place")
def test_a_leak_counts_where_nobody_else_is_at_work() -> None:
    """What is there and stays is no sign of others."""
    assert others.at_work() == []
    assert not others.explanation("B1", _LEAK)


@pytest.mark.usefixtures("busy")
def test_with_namespaces_a_leak_is_the_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else can have made it."""
    monkeypatch.setattr(others, "refused", lambda: None)
    assert not others.explanation("B1", _LEAK)
