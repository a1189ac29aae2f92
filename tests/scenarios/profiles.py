"""Points in the life of a worker: its calls into C, by sys.setprofile, and the stages of these."""

import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import takewhile
from types import FrameType
from typing import Any

from tests.scenarios.injection import die, die_after
from tests.scenarios.protocol import Log

PAUSE = 0.05  # seconds, enough for all workers to come as far as they can

# Put after the names of calls in the module threading: its locks are between threads of a worker.
_OF_THREADS = ".threading"

_IMPORT = "<frozen importlib"  # files of the import system, importlib._bootstrap and others

# Seconds from a point of the profile to a kill, which comes amid the next system call or after it.
DELAYS = (1e-6, 1e-5, 3e-5, 1e-4, 3e-4)
AT_ONCE = -1.0  # a kill at the point itself

# Names of functions in which a worker sends, takes a lock, gives it back, or exits.
SEND = {
    "write", "writev", "pwrite", "send", "sendall", "sendmsg", "sendto", "send_bytes", "put",
    "msgsnd", "dump",
}  # fmt: skip
LOCK = {"acquire", "__enter__", "lockf", "flock", "semop", "P"}
UNLOCK = {"release", "__exit__", "lockf", "flock", "semop", "V"}
EXIT = {"_exit", "exit"}


class Profile:
    """Records the calls that a child makes into C, or kills it at a chosen one.

    sys.setprofile reports "c_call" before and "c_return" after each such call.  Each report is a
    point, so there is a point between any two system calls.  Calls of acquire and release are
    points too if they are Python functions around ctypes.  What an import calls is none: it has
    locks of its own, and thousands of calls.  The child writes the names of its points to memory
    that the caller shares.
    """

    _WIDTH = 24  # bytes for each point
    _MOST = 4000  # points

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._WIDTH * self._MOST)
        self._reached = mmap.mmap(-1, 1)

    def watch(
        self,
        point: int = 0,
        delay: float = -1.0,
        first: Callable[[], bool] | None = None,
        called: str = "",
    ) -> None:
        """In the child: record each point, or die at the one given.

        point: the number of the point at which the child dies, from 1; 0 to record all.
        delay: seconds from the point to the death; negative for a death at the point itself.
        called: the name of that call: a child with another one there, such as a helper, goes on.
        first: called at the point; if it returns true, the child waits for PAUSE and dies, else it
            goes on.
        """
        seen = importing = 0

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal seen, importing
            if event in ("call", "return") and frame.f_code.co_filename.startswith(_IMPORT):
                importing = max(0, importing + (1 if event == "call" else -1))
            if importing:
                return
            of_threads = frame.f_globals.get("__name__") == "threading"
            if event.startswith("c_"):
                name = f"{event[2]} {getattr(arg, '__name__', '?')}{_OF_THREADS * of_threads}"
            elif frame.f_code.co_name in ("acquire", "release") and not of_threads:
                name = f"{event[0]} {frame.f_code.co_name}"
            else:
                return
            seen += 1
            if not point and seen <= self._MOST:
                cell = name.encode()[: self._WIDTH]
                start = (seen - 1) * self._WIDTH
                self._memory[start : start + self._WIDTH] = cell.ljust(self._WIDTH)
            if seen == point and name.endswith(called):
                if first is not None:
                    if not first():
                        return
                    time.sleep(PAUSE)
                self._reached[0] = 1
                if delay < 0:
                    die(signal.SIGKILL)
                die_after(delay)

        sys.setprofile(profile)

    def reached(self) -> bool:
        """In the caller: tell whether a child came to its point since this was asked last.

        What it calls may differ from run to run, such as a wait for a thread of its own.
        """
        reached, self._reached[0] = bool(self._reached[0]), 0
        return reached

    def points(self) -> list[tuple[str, str]]:
        """In the caller: return ('c' for call or 'r' for return, name) of each recorded point."""
        # Up to the first empty cell: a process that a child has started, and that lives on after
        # its run, may still write behind the points of the next child.
        text, width = self._memory[:], self._WIDTH
        cells = (text[i : i + width] for i in range(0, len(text), width))
        names = [cell.decode().split() for cell in takewhile(any, cells)]
        self._memory[:] = bytes(len(self._memory))
        return [(event, name) for event, name in names]


HELD = {"send": SEND | EXIT, "exit": EXIT}
"""Where `stop_before` stops a child, by the functions that it is about to call there."""


def stop_before(log: Log, number: int, stage: str) -> None:
    """Stop this child when it comes to *stage*, one of HELD, and log that."""

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and getattr(arg, "__name__", "") in HELD[stage]:
            sys.setprofile(None)
            log("stopped", stage=stage)
            os.kill(os.getpid(), signal.SIGSTOP)

    sys.setprofile(profile)


Point = tuple[int, int, float, str]
"""The number of a child, that of a point from 1 on, seconds from it to the kill; and in words."""


def points_of(stage: str, child: int, points: list[tuple[str, str]]) -> list[Point]:
    """Return the points of a child that belong to *stage*."""
    found = []
    for point, delay in chosen(stage, points):
        event, name = points[point - 1] if point <= len(points) else ("", "end")
        where = f"child {child}, {'before' if event == 'c' else 'after'} {name} (#{point})"
        found.append((child, point, delay, where))
    return found


def evenly(points: list[Point], most: int) -> list[Point]:
    """Return *most* of *points* at even distances, the first and the last among them, or all."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(i * step)] for i in range(most)]


def chosen(stage: str, points: list[tuple[str, str]]) -> list[tuple[int, float]]:
    """Return the points, numbered from 1, and delays, at which to kill for *stage*."""
    sends = [i for i, (_, name) in enumerate(points, 1) if name in SEND]
    locks = [i for i, (e, name) in enumerate(points, 1) if e == "r" and name in LOCK]
    unlocks = [i for i, (e, name) in enumerate(points, 1) if e == "c" and name in UNLOCK]
    exits = [i for i, (_, name) in enumerate(points, 1) if name in EXIT]
    last = exits[0] if exits else len(points) + 1
    first = sends[0] if sends else (locks[0] if locks else last)
    if stage == "before":
        return [(i, AT_ONCE) for i in range(1, first)]
    if stage == "inside":
        entries = [i for i in sends if points[i - 1][0] == "c"] or unlocks or [last]
        return [(i, AT_ONCE) for i in entries] + [(i, d) for i in entries for d in DELAYS]
    if stage == "locked":
        held = range(locks[0], max(unlocks) + 1) if locks and unlocks else ()
        return [(i, AT_ONCE) for i in held]
    if stage == "after":
        done = (sends or unlocks or [last])[-1]
        # A worker that writes to shared memory calls no send: kill it when it is about to exit.
        return [(i, AT_ONCE) for i in range(done, last)] or [(last, AT_ONCE)]
    return [(i, AT_ONCE) for i in exits] + [(i, d) for i in exits for d in DELAYS]
