"""Where the processes of a trial are when it hangs: their stacks, and the calls they wait in."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from tests.harness.hang import CALLER, Stuck
from tests.harness.worlds import World
from tests.scenarios import stacks
from tests.system.waits import waits_in

_WRITES_IN = 1.0  # seconds for a process to write its stacks
_PAUSE = 0.005  # seconds between two looks at them
_MOST = 24  # processes: more would not tell more


def look(world: World, dumps: Path, numbers: Mapping[int, int]) -> list[Stuck]:
    """Return where each living process of *world* is.

    dumps: the file to which processes write their stacks.
    numbers: by pid, CALLER or the number of a worker.
    """
    pids = sorted(world.pids(), key=lambda pid: (numbers.get(pid, CALLER + 10**9), pid))[:_MOST]
    waits = {pid: waits_in(world.proc(pid, "")) for pid in pids}  # before a signal wakes them up
    return [Stuck(pid, numbers.get(pid), _stack(world, dumps, pid), waits[pid]) for pid in pids]


def _stack(world: World, dumps: Path, pid: int) -> str:
    """Let a process write its stacks, and return them; "" if it does not."""
    if stacks.SIGNAL is None or not _handles(world, pid, int(stacks.SIGNAL)):
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


def _handles(world: World, pid: int, number: int) -> bool:
    """Tell whether a process handles a signal, and does not block it: proc_pid_status(5)."""
    try:
        lines = Path(world.proc(pid, "status")).read_text().splitlines()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in lines if line[:6] in ("SigCgt", "SigBlk"))
    masks = {name: int(text, 16) for name, text in fields.items()}
    bit = 1 << (number - 1)
    return bool(masks.get("SigCgt", 0) & bit) and not masks.get("SigBlk", 0) & bit
