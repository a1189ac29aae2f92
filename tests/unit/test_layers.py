"""Each room imports only from the rooms below it: the map in CONTRIBUTING.md shows them."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.harness import ROOT
from transports import NAMES

# What each room may import beside itself. A module belongs to the room with the longest name that
# its own name begins with.
ROOMS: dict[str, set[str]] = {
    "kernel": set(),
    "report": set(),
    "transports._supervisor": {"kernel"},
    "transports._semaphore": {"transports._supervisor"},
    "transports._channel": {"kernel", "transports._supervisor", "transports._semaphore"},
    "transports._mpi": {"kernel", "transports._supervisor"},
    "transports": {
        "kernel", "transports._supervisor", "transports._channel", "transports._semaphore",
        "transports._mpi",
    },
    "tests.system": set(),
    "tests.gate": {"tests.system"},
    "tests.scenarios": {"kernel", "tests.system", "tests.gate"},
    "tests.worlds": {"tests.system", "tests.scenarios"},
    "tests.intruder": {"tests.system"},
    "tests.harness": {"kernel", "report", "transports", "tests.system", "tests.scenarios"},
}  # fmt: skip


def _room(module: str) -> str | None:
    rooms = [room for room in ROOMS if f"{module}.".startswith(f"{room}.")]
    return max(rooms, key=len, default=None)


def _imports(path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_below_it(room: str) -> None:
    """The tests of `tests` stand above all of these, and may import any."""
    place = ROOT.joinpath(*room.split("."))
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    assert files
    for file in files:
        path = file.relative_to(ROOT)
        if _room(".".join(path.with_suffix("").parts)) != room:
            continue  # of a room within this one
        for name in _imports(str(path)):
            other = _room(name)
            below = name.partition(".")[0] not in ("tests", "kernel", "report", "transports")
            assert below or other in {room, *ROOMS[room]}, f"{path} imports {name}"


@pytest.mark.parametrize("name", sorted({*NAMES} - {"mpi"}))
def test_a_run_loads_no_module_that_makes_forks_dearer(name: str) -> None:
    """Those that run code of theirs in each forked child: os.register_at_fork."""
    code = (
        f"import sys; from transports import {name} as it\n"
        "if it.unsupported() is None: it.run(100, 2)\n"
        "sys.exit(', '.join({'logging', 'random', 'threading'} & sys.modules.keys()) or 0)"
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
