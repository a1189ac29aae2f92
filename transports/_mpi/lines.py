"""Lines of text beside the sums: a rank prints them for the caller, or mpiexec of a killed rank.

The caller gets all of it through one pipe, where lines may stand amid the frames of the sums.
"""

import os
import re
import signal

from transports._supervisor import WorkerError, write_all
from transports._supervisor.child import described

_MOST = 1000  # bytes of a line: one write, which mpiexec forwards whole
_SHOWN = 400  # characters of what mpiexec prints that an error shows

_JOB = re.compile(rb"^ipc-mpi job (\S+)$", re.MULTILINE)
_LIVES = re.compile(rb"ipc-mpi rank (\d+) on (\S*) lives\n")
_RAISED = re.compile(rb"^ipc-mpi rank (\d+) pid (\d+) raised (.*)$", re.MULTILINE)

# Of MPICH's mpiexec, if a signal has ended a rank: its number is in the low bits, wait(2).
_KILLED = re.compile(rb"PID \d+ RUNNING AT (\S+)\n=\s+EXIT CODE: (\d+)\n")


# -- in a rank -------------------------------------------------------------------------------


def print_job(job: bytes) -> None:
    """Say, before MPI_Init, what the process manager calls the job."""
    _print(b"job " + job)


def print_life(rank: int) -> None:
    """Say that *rank* lives, and on which host."""
    _print(f"rank {rank} on {os.uname().nodename} lives".encode())


def print_raised(rank: int, error: BaseException) -> None:
    """Say that *rank*, which is this process, has raised *error*."""
    text = b" ".join(described(error).split())
    _print(f"rank {rank} pid {os.getpid()} raised ".encode() + text)


def _print(text: bytes) -> None:
    write_all(1, b"ipc-mpi " + text[:_MOST] + b"\n")


# -- in the caller ---------------------------------------------------------------------------


def jobs(said: bytearray) -> set[bytes]:
    """Return the names of jobs in *said*, which is what ranks and mpiexec have printed."""
    return set(_JOB.findall(said))


def take_lives(said: bytearray) -> dict[int, str]:
    """Take the signs of life out of *said*; return the host of each rank that gave one."""
    hosts = {int(rank): host.decode() for rank, host in _LIVES.findall(said)}
    said[:] = _LIVES.sub(b"", said)
    return hosts


def rank_error(error: WorkerError, said: bytearray) -> WorkerError:
    """Return an error that names the rank that has raised, or tells what mpiexec knows.

    Which rank a signal has ended it does not know: it ends the others, and names any of them.

    error: of mpiexec, or of the guardian.
    """
    if error.worker is None:
        return error  # of the guardian
    if raised := _RAISED.search(said):
        rank, pid, text = raised.groups()
        return WorkerError(int(rank), int(pid), 1, text.decode(errors="replace"))
    reason = _killed(said) or error.text or _shown(said)
    text = ": ".join(filter(None, ["mpiexec", reason]))
    return WorkerError(error.worker, error.pid, error.exitcode, text)


def _killed(said: bytearray) -> str:
    """Return the host and the signal of a rank that was killed, or "" if none was."""
    found = _KILLED.search(said)
    if found is None:
        return ""
    number = int(found[2]) & 0x7F  # most of the real-time range have no name
    name = next((known.name for known in signal.Signals if known == number), "signal")
    return f"a rank on {found[1].decode()} was killed by {name} ({number})"


def _shown(said: bytearray) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return "; ".join(lines)[-_SHOWN:]
