"""For how long all threads of some processes slept at the same time.

A thread that waits for a processor does not sleep: its state is R, proc_pid_stat(5).  One that
gives up its processor is counted, proc_pid_status(5): if it sleeps at two looks, with the same
count, it has slept from the one to the other.  So what is found is never more than the truth,
however busy the machine is.
"""

import os
import time
from collections.abc import Iterable

_ASLEEP = "S"
_ENDED = "ZX"
_STATE, _SWITCHES = "State:\t", "voluntary_ctxt_switches:\t"


class _Awake(Exception):  # noqa: N818 - what was seen, no error
    """A thread runs, waits for a processor or a disk, or has ended; or there is no count of it."""


class Sleep:
    """The time in which all threads slept, as far as looks show it.

    seconds: the sum of the times between two looks in which no thread has run.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._before: dict[str, str] | None = None
        self._since = 0.0

    def look(self, pids: Iterable[int]) -> None:
        """Look at all the threads of *pids*, which have to be all processes that are meant."""
        begun = time.monotonic()
        try:
            now = {task: count for pid in pids for task, count in _threads(f"/proc/{pid}/task")}
        except (_Awake, OSError):
            self._before = None
            return
        if now == self._before:
            self.seconds += begun - self._since
        self._before, self._since = now, time.monotonic()


def _threads(tasks: str) -> list[tuple[str, str]]:
    """Return each thread of a process, and how often it has gone to sleep; raise _Awake."""
    found = []
    for tid in os.listdir(tasks):
        with open(f"{tasks}/{tid}/status", errors="replace") as file:
            status = file.read()
        state = status.partition(_STATE)[2][:1]
        count = status.partition(f"\n{_SWITCHES}")[2].partition("\n")[0]
        if state == _ASLEEP and count:
            found.append((tid, count))
        elif state not in _ENDED:
            raise _Awake
    return found
