"""Where the processes of a trial are when it hangs: their stacks, and the calls they wait in."""

import contextlib
import time
from collections.abc import Container, Mapping
from pathlib import Path

from tests.harness.hang import CALLER, Stuck
from tests.harness.worlds import World
from tests.scenarios import stacks
from tests.system.processes import hears
from tests.system.waits import waits_in

_WRITES_IN = 1.0  # seconds for a process to write its stacks
_PAUSE = 0.005  # seconds between two looks at them
_MOST = 24  # processes: more would not tell more


def look(
    world: World, dumps: Path, numbers: Mapping[int, int], besides: Container[int]
) -> list[Stuck]:
    """Return where each living process of *world* is.

    dumps: the file to which processes write their stacks.
    numbers: by pid, CALLER or the number of a worker.
    besides: processes of the suite.
    """
    alive = [pid for pid in world.pids() if pid not in besides]
    pids = sorted(alive, key=lambda pid: (numbers.get(pid, CALLER + 10**9), pid))[:_MOST]
    waits = {pid: waits_in(world.proc(pid, "")) for pid in pids}  # before a signal wakes them up
    return [Stuck(pid, numbers.get(pid), _stack(world, dumps, pid), waits[pid]) for pid in pids]


def _stack(world: World, dumps: Path, pid: int) -> str:
    """Let a process write its stacks, and return them; "" if it does not."""
    if stacks.SIGNAL is None or not hears(world.proc(pid, "status"), stacks.SIGNAL):
        return ""
    before = dumps.stat().st_size
    with contextlib.suppress(ProcessLookupError):
        world.kill(pid, stacks.SIGNAL)
    text, until = b"", time.monotonic() + _WRITES_IN
    while time.monotonic() < until:
        time.sleep(_PAUSE)
        now = dumps.read_bytes()[before:]
        if now and now == text:  # nothing more has come
            break
        text = now
    return text.decode(errors="replace")
