"""For the programs beside it: the processes of a session, and a run of a peer in one of its own."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))


class Member(NamedTuple):
    """A process that lives: its pid, and its CPU time in clock ticks."""

    pid: int
    cpu: int


def members(session: int) -> list[Member]:
    """Return the processes of a session that live: proc_pid_stat(5)."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[0] not in "ZX" and int(fields[3]) == session:
            found.append(Member(int(name), int(fields[11]) + int(fields[12])))
    return found


def busiest_worker(session: int) -> int:
    """Wait until a process beside the first of the session has computed; return its pid."""
    while True:
        time.sleep(0.1)
        workers = [member for member in members(session) if member.pid != session]
        best = max(workers, key=lambda member: member.cpu, default=None)
        if best is not None and best.cpu >= 10:
            return best.pid


def started(act: Callable[[Callable[[int, int], float]], None]) -> int:
    """Call *act* with `run` of the peer in sys.argv, in a session of its own; return its pid."""
    module = importlib.import_module(sys.argv[1])
    if (child := os.fork()) == 0:
        os.setsid()
        act(module.run)
        sys.stdout.flush()
        os._exit(0)
    return child


def tell(run: Callable[[int, int], float]) -> None:
    """Make a run that takes some seconds, and print what became of it."""
    try:
        print("run returned", run(40_000_000, 3), flush=True)
    except BaseException as error:
        print(f"run raised {type(error).__name__}: {error}", flush=True)
