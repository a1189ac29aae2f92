"""The memory of a large caller: it is held once, and only where there is enough."""

import contextlib
import mmap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import test_large_caller as large
from tests.benchmarks.rounds import Sample

contender = large._in_large_caller(lambda: contextlib.nullcontext(lambda turn: Sample(1.0)))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Hold a MiB, and read what is free from files of the test."""
    monkeypatch.setattr(large, "HELD", 1 << 20)
    for name in ("_MEMORY", "_LIMIT", "_USED"):
        monkeypatch.setattr(large, name, tmp_path / name)
    large._free.cache_clear()
    yield
    large._free.cache_clear()


def test_contenders_hold_the_same_memory_as_long_as_one_is_set_up() -> None:
    """Each page of it is there."""
    with contender() as measure:
        memory = large._holding[0]
        with contender():
            assert len(large._holding) == 2
            assert all(each is memory for each in large._holding)
        assert measure(0).seconds == 1.0
        assert len(memory) == 1 << 20
        assert set(memory[:: mmap.PAGESIZE]) == {1}
    assert large._holding == []


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, None),
        ({"_MEMORY": "MemTotal: 9 kB\nMemAvailable: 4096 kB\n"}, None),
        ({"_MEMORY": "MemTotal: 9000 kB\nMemAvailable: 1024 kB\n"}, "0.0 GiB"),
        ({"_LIMIT": "max\n", "_USED": "9\n"}, None),
        ({"_LIMIT": "4194304\n", "_USED": "3145728\n"}, "0.0 GiB"),
    ],
)
def test_it_is_skipped_where_memory_is_short(
    tmp_path: Path, files: dict[str, str], free: str | None
) -> None:
    """Of the machine, or of the container: pytest would be killed that took too much."""
    for name, text in files.items():
        tmp_path.joinpath(name).write_text(text)
    if free is None:
        with contender() as measure:
            assert measure(0).seconds == 1.0
        return
    with pytest.raises(pytest.skip.Exception, match=f"{free} of memory are free"), contender():
        pytest.fail("it is measured")
