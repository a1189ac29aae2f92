"""Signs of life: on several hosts each rank shows each second that it and mpiexec live.

A host that vanishes closes no connection, and mpiexec waits for it for ever: TCP notices only
where something is to be sent, and mpiexec sets no keepalive.  So a rank asks mpiexec something
(MPI_Lookup_name), and prints that it lives when that is answered.  The caller raises an error if
it has not heard of a rank for too long, and a rank without an answer ends itself.
"""

import contextlib
import errno
import faulthandler
import math
import os
import threading
import time
from collections.abc import Callable, Mapping

from transports._mpi import lines

SILENCE = "IPC_MPI_SILENCE"
"""The variable with the seconds that a rank may be silent; without it there is no limit."""

_BEAT = 1.0  # seconds between two signs of life
_START = 6.0  # times the silence, to the first sign of life: ssh and MPI_Init come before it


def allowed_silence(variables: Mapping[str, str]) -> float:
    """Return the seconds that a rank may be silent, by the variables of its environment, or inf.

    Raises ValueError if they are no number.
    """
    return float(variables.get(SILENCE, math.inf))


# -- in the caller ---------------------------------------------------------------------------


class LastHeard:
    """When each rank was last heard of.

    silence: seconds that a rank may be silent.
    """

    def __init__(self, workers: int, silence: float) -> None:
        self._silence = silence
        self._due = dict.fromkeys(range(workers), time.monotonic() + _START * silence)
        self._hosts: dict[int, str] = {}

    @property
    def until(self) -> float:
        """When the first of them will have been silent for too long, by time.monotonic()."""
        return min(self._due.values())

    def note(self, hosts: Mapping[int, str]) -> None:
        """Note that these ranks, on these hosts, live now."""
        self._due |= dict.fromkeys(hosts, time.monotonic() + self._silence)
        self._hosts |= hosts

    def check(self) -> None:
        """Raise OSError, EHOSTDOWN, if a rank has been silent for too long."""
        rank = min(self._due, key=self._due.__getitem__)
        if time.monotonic() <= self._due[rank]:
            return
        if rank in self._hosts:
            what = f"on {self._hosts[rank]} has been silent for {self._silence:g} s"
        else:
            what = f"has not begun within {_START * self._silence:g} s"
        raise OSError(errno.EHOSTDOWN, f"{os.strerror(errno.EHOSTDOWN)}: rank {rank} {what}")


# -- in a rank -------------------------------------------------------------------------------


def limit_start(silence: float) -> None:
    """End this process, in MPI_Init too, if it does not begin to beat in time."""
    _end_in(_START * silence)


def begin_beating(rank: int, silence: float) -> Callable[[], None]:
    """Show each second that *rank* lives, if there is a limit to the silence; return the end."""
    if silence == math.inf:
        return lambda: None
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(ended, rank, silence), daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join()

    return stop


def _beat(ended: threading.Event, rank: int, silence: float) -> None:
    from mpi4py import MPI  # noqa: PLC0415 - the caller, which has none, imports this module

    while True:
        _end_in(silence + _BEAT)  # a beat later than the caller, whose error tells more
        with contextlib.suppress(MPI.Exception):  # there is no such name, says mpiexec
            MPI.Lookup_name("ipc-mpi")
        lines.print_life(rank)
        if ended.wait(_BEAT):
            return


def _end_in(seconds: float) -> None:
    """End this process in *seconds*, wherever it is, unless called again."""
    if seconds < math.inf:
        faulthandler.dump_traceback_later(seconds, exit=True)
