"""MPI, past one machine: the Message Passing Interface, by way of mpi4py.

Topology: the caller starts ``mpiexec``, which starts a proxy on each host, by fork here and by
ssh elsewhere, which starts the ranks, one for each worker.  Each rank sums its slice; rank 0
gathers the sums (MPI_Igather) and prints them, and mpiexec forwards what it prints through a
pipe to the caller.  They are signed with a key that reaches the ranks in their environment.
Ranks sleep while they wait for each other, which MPI of itself does not: it polls.

The workers are not children of the caller but of the proxies.  So mpiexec and all that it has
started here carry a mark in their environment, by which they are found and ended on every way
out, or by a guardian should the caller be killed; on other hosts mpiexec's proxies do that,
when they lose it.

When a host vanishes, no message comes, and mpiexec waits for it for ever.  On several hosts each
rank therefore shows each second that it lives; the caller gives up if it has not heard of one for
too long, and so does a rank that does not reach mpiexec: `transports/_mpi/life.py`.

Limits: some 60 ms of computing for each rank to start Python and MPI, and 150 ms in all for
the shortest run.  mpiexec listens on a TCP port of every interface.  Which rank has
died is known only of one that raised an exception.

``IPC_MPI_HOSTFILE`` names a file with the hosts to run on; without it all ranks run here.
``IPC_MPI_SILENCE`` has the seconds after which a silent host is given up.  ``IPC_MPIEXEC`` names
the launcher.  See docs/mpi.md.
"""

import contextlib
import importlib.util
import itertools
import math
import os
import sys
import time
from functools import partial
from typing import Any

import kernel
from transports._mpi import life, lines, mpiexec, pmi, shared_memory
from transports._supervisor import (
    Supervisor,
    WorkerError,
    die_with_parent,
    guard,
    main,
    write_all,
)
from transports._supervisor.frames import SignedFrames
from transports._supervisor.launcher import end_all, execute

EXTRA = "mpi"  # of pyproject.toml: not required where all transports are

_PROBE = 30.0  # seconds until a launcher that says nothing is given up
_READ = 65536  # bytes

_STARTED = "the workers are started by mpiexec's proxy, not forked by the caller: "

EXPECTED_FAILURES: dict[str, str] = {
    "C6": _STARTED + "no exit is seen",
    "C7": _STARTED + "none exits amid its work",
    "F1": "what mpiexec, its proxy or UCX are refused they tell in words of their own, if at all",
    "F2": "what mpiexec, its proxy or UCX are refused they tell in words of their own, if at all",
}
"""Clauses that ranks under a launcher cannot keep, or not be seen to keep, and why."""


def unsupported() -> str | None:
    """Return why no ranks can be started here, or None."""
    if importlib.util.find_spec("mpi4py") is None:
        return "ModuleNotFoundError: mpi4py is not installed: python3 bootstrap.py --extra mpi test"
    try:
        run(0, 1, timeout=_PROBE)
    except (OSError, WorkerError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* ranks: see :mod:`transports`."""
    kernel.slices(n, workers)
    n, workers = int(n), int(workers)
    signer = SignedFrames()
    said = bytearray()
    with Supervisor(timeout) as supervisor:
        command = mpiexec.command(n, workers)
        try:
            launcher = _run_mpiexec(supervisor, command, signer.secret, workers, said)
        finally:
            for job in lines.jobs(said):
                shared_memory.unlink_of_job(job)
        lines.take_lives(said)
        sums = signer.scan(bytearray(said))
        if len(sums) != workers:
            ended = WorkerError(launcher, supervisor.workers[launcher].pid, 0)
            raise lines.rank_error(ended, said)
    return kernel.combine(sums.values())


def _run_mpiexec(
    supervisor: Supervisor, command: list[str], secret: bytes, workers: int, said: bytearray
) -> int:
    """Run mpiexec to its end, and append to *said* what it and the ranks print.

    Returns its number among the workers of *supervisor*.
    """
    variables = mpiexec.environment(secret)
    heard = life.LastHeard(workers, life.allowed_silence(variables))
    output, end = supervisor.pipe()
    os.set_blocking(output, False)
    # Left before the supervisor ends mpiexec, which would have its proxies kill the ranks, and
    # their shared memory would stay.
    with guard(supervisor, partial(end_all, mpiexec.mark(variables))):
        launcher = execute(supervisor, command, variables, mpiexec.ROOT, end)
        supervisor.close(end)
        supervisor.listen(output)
        try:
            _hear(supervisor, output, said, heard)
        except WorkerError as error:
            said += _rest(output)
            raise lines.rank_error(error, said) from None
    said += _rest(output)
    return launcher


def _hear(supervisor: Supervisor, output: int, said: bytearray, heard: life.LastHeard) -> None:
    """Append what comes to *said*, but for signs of life, until mpiexec has exited with status 0.

    Raises OSError, EHOSTDOWN, if a rank is silent for too long.
    """
    while not supervisor.exited:
        if supervisor.wait(heard.until):
            unread = supervisor.read(output)
            said += unread
            unread.clear()
            heard.note(lines.take_lives(said))
        heard.check()


def _rest(output: int) -> bytes:
    rest = b""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(output, _READ):
            rest += data
    return rest


def _rank(n: int, workers: int) -> None:
    """Be a rank: sum a slice, and as rank 0 print the sums of all."""
    die_with_parent(os.getppid())
    silence = life.allowed_silence(os.environ)
    rank = pmi.rank()
    try:
        mpi = _initialized(silence)
        rank = mpi.COMM_WORLD.rank
        stop_beating = life.begin_beating(rank, silence)
        _gather(mpi, rank, n, workers)
        stop_beating()
    except BaseException as error:  # noqa: BLE001 - whatever it is, mpiexec does not tell
        lines.print_raised(rank, error)
        os._exit(1)  # not by MPI_Finalize, which waits for the others; mpiexec ends them


def _initialized(silence: float) -> Any:
    """Return mpi4py.MPI after MPI_Init, which leaves no name of shared memory behind."""
    job = pmi.job()
    lines.print_job(job)
    alone = silence == math.inf  # on one host, where the caller removes what is left
    with contextlib.nullcontext() if alone else shared_memory.unlinking(job):
        life.limit_start(silence)  # after fork(2), for which there should be one thread
        from mpi4py import MPI  # noqa: PLC0415 - it calls MPI_Init
    shared_memory.unlink_mapped()
    return MPI


def _gather(mpi: Any, rank: int, n: int, workers: int) -> None:
    """Sum the slice of *rank*; as rank 0 gather the sums of all, and print them in frames."""
    signer = SignedFrames(bytes.fromhex(os.environ[mpiexec.KEY]))
    lo, hi = next(itertools.islice(kernel.slices(n, workers), rank, None))
    frame = signer.pack(rank, kernel.partial_sum(lo, hi))
    frames = bytearray(signer.size * workers) if rank == 0 else None
    world = mpi.COMM_WORLD
    _sleep_until(world.Igather([frame, mpi.BYTE], frames and [frames, mpi.BYTE]))
    if frames:
        write_all(1, bytes(frames))
    _sleep_until(world.Ibarrier())  # or who is early would poll in MPI_Finalize


def _sleep_until(request: Any) -> None:
    """Wait for *request*, asking ever more seldom: a tenth of the time that it has taken."""
    start = time.monotonic()
    while not request.Test():
        time.sleep(min(0.02, max(5e-5, (time.monotonic() - start) / 10)))


if __name__ == "__main__":
    if mpiexec.KEY in os.environ:
        _rank(*map(int, sys.argv[1:]))
    else:
        main(run, unsupported)
