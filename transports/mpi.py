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

When a host vanishes, no message comes, and mpiexec waits for it for ever: TCP notices only where
something is to be sent, and mpiexec sets no keepalive.  On several hosts each rank therefore asks
mpiexec something each second (MPI_Lookup_name), and says that it lives when that is answered.  The
caller gives up if it has not heard of a rank for too long, and so does a rank without an answer.

Limits: some 60 ms of computing for each rank to start Python and MPI, and 150 ms in all for
the shortest run.  mpiexec listens on a TCP port of every interface.  Which rank has
died is known only of one that raised an exception.

``IPC_MPI_HOSTFILE`` names a file with the hosts to run on; without it all ranks run here.
``IPC_MPI_SILENCE`` has the seconds after which a silent host is given up.  ``IPC_MPIEXEC`` names
the launcher.  See docs/mpi.md.
"""

import contextlib
import errno
import faulthandler
import glob
import importlib.util
import itertools
import math
import os
import re
import shutil
import signal
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import kernel
from transports._supervisor import (
    SignedFrames,
    Supervisor,
    WorkerError,
    die_with_parent,
    guard,
    main,
    write_all,
)
from transports._supervisor.child import described
from transports._supervisor.launcher import end_all, execute

EXTRA = "mpi"  # of pyproject.toml: not required where all transports are

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PROBE = 30.0  # seconds until a launcher that says nothing is given up
_KEY = "IPC_MPI_KEY"

_SILENCE = "IPC_MPI_SILENCE"
_BEAT = 1.0  # seconds between two signs of life
_START = 6.0  # times the silence, to the first sign of life: ssh and MPI_Init come before it

# What a rank says of its exception, that it lives and, before MPI_Init, of its job; and what
# MPICH's mpiexec says if a signal has ended one, whose number is in the low bits: wait(2).
_RAISED = re.compile(rb"^ipc-mpi rank (\d+) pid (\d+) raised (.*)$", re.MULTILINE)
_JOB = re.compile(rb"^ipc-mpi job (\S+)$", re.MULTILINE)
_LIVES = re.compile(rb"ipc-mpi rank (\d+) on (\S*) lives\n")
_KILLED = re.compile(rb"PID \d+ RUNNING AT (\S+)\n=\s+EXIT CODE: (\d+)\n")

_STARTED = "the workers are started by mpiexec's proxy, not forked by the caller: "

EXPECTED_FAILURES: dict[str, str] = {
    "A5": _STARTED + "no child of the caller computes",
    "C6": _STARTED + "no exit is seen",
    "C7": _STARTED + "none exits amid its work",
    "D1": _STARTED + "there are two births and not 600",
    "F1": "what mpiexec, its proxy or UCX are refused they tell in words of their own, if at all",
    "F2": "what mpiexec, its proxy or UCX are refused they tell in words of their own, if at all",
}
"""Clauses that ranks under a launcher cannot keep, or not be seen to keep, and why."""


def _launcher() -> str:
    """Return the path of mpiexec: of this environment before any other."""
    name = os.environ.get("IPC_MPIEXEC", "mpiexec")
    ours = sysconfig.get_path("scripts")
    if path := shutil.which(name, path=ours) or shutil.which(name):
        return path
    raise FileNotFoundError(f"there is no {name}, in {ours} or on PATH: pip install mpich")


def _environment(signer: SignedFrames) -> dict[str, str]:
    environment = os.environ | {
        _KEY: signer.secret.hex(),
        "IPC_KERNEL": kernel.selected,
        "PYTHONPATH": os.pathsep.join([_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]),
        # MPICH's proxy would describe the machine in a file of /tmp, and leave it if killed; but
        # not where this is set.  Open MPI reads what it names, unless it is empty.
        "HWLOC_XMLFILE": os.environ.get("HWLOC_XMLFILE", ""),
        # Open MPI, 4 and 5, refuses more ranks than cores unless it is asked to accept them.
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    if "IPC_MPI_HOSTFILE" in os.environ:
        environment.setdefault(_SILENCE, "30")
    else:
        # Here alone, no rank has to listen on a network, whose names may not be known either.
        environment = {"UCX_TLS": "self,posix", "MPIR_CVAR_CH4_NETMOD": "ucx"} | environment
    return environment


def _command(n: int, workers: int) -> list[str]:
    hosts = os.environ.get("IPC_MPI_HOSTFILE")
    where = ["-hostfile", os.path.abspath(hosts)] if hosts else []
    program = [sys.executable, "-m", "transports.mpi", str(n), str(workers)]
    return [_launcher(), *where, "-n", str(workers), *program]


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
        command, environment = _command(n, workers), _environment(signer)
        output, end = supervisor.pipe()
        os.set_blocking(output, False)
        try:
            # Left before the supervisor ends mpiexec, which would have its proxies kill the ranks,
            # and their shared memory would stay.
            remove = partial(end_all, f"{_KEY}={environment[_KEY]}")
            with guard(supervisor, remove):
                launcher = execute(supervisor, command, environment, _ROOT, end)
                supervisor.close(end)
                supervisor.listen(output)
                try:
                    silence = float(environment.get(_SILENCE, math.inf))
                    _hear(supervisor, output, said, workers, silence)
                except WorkerError as error:
                    said += _rest(output)
                    raise _rank_error(error, said) from None
        finally:
            for job in set(_JOB.findall(said)):
                _unlink(bytes(job))
        said += _rest(output)
        sums = signer.scan(bytearray(_LIVES.sub(b"", said)))
        if len(sums) != workers:
            raise _rank_error(WorkerError(launcher, supervisor.workers[launcher].pid, 0), said)
    return kernel.combine(sums.values())


def _hear(
    supervisor: Supervisor, output: int, said: bytearray, workers: int, silence: float
) -> None:
    """Append to *said* what the ranks and mpiexec print, until mpiexec has exited with status 0.

    silence: seconds that a rank may be silent.

    Raises OSError, EHOSTDOWN, if one is for longer.
    """
    due = dict.fromkeys(range(workers), time.monotonic() + _START * silence)
    hosts: dict[int, str] = {}
    while not supervisor.exited:
        if supervisor.wait(min(due.values())):
            unread = supervisor.read(output)
            said += unread
            unread.clear()
            for number, host in _LIVES.findall(said):
                due[int(number)] = time.monotonic() + silence
                hosts[int(number)] = f"on {host.decode()} has been silent for {silence:g} s"
            said[:] = _LIVES.sub(b"", said)
        rank = min(due, key=due.__getitem__)
        if time.monotonic() > due[rank]:
            what = hosts.get(rank, f"has not begun within {_START * silence:g} s")
            raise OSError(errno.EHOSTDOWN, f"{os.strerror(errno.EHOSTDOWN)}: rank {rank} {what}")


def _unlink(job: bytes) -> None:
    """Remove the names of the shared memory on this host that MPI_Init sets up.

    MPICH names it by a hash, FNV-1a, of what its process manager calls the job; later than 5.0, of
    that and a count.  Before 5.0 the names are random, and stay.
    """
    for text in (job, job + b"-0"):
        value = 2166136261
        for byte in text:
            value = (value ^ byte) * 16777619 & 0xFFFFFFFF
        for name in glob.glob(f"/dev/shm/mpich_*_{value:x}_*"):  # noqa: S108 - is there
            with contextlib.suppress(OSError):  # another process has removed it
                os.unlink(name)


def _rest(output: int) -> bytes:
    rest = b""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(output, 65536):
            rest += data
    return rest


def _rank_error(error: WorkerError, said: bytearray) -> WorkerError:
    """Return an error that names the rank that has raised, or tells what mpiexec knows.

    Which rank a signal has ended it does not know: it ends the others, and names any of them.
    """
    if error.worker is None:
        return error  # of the guardian
    if raised := _RAISED.search(said):
        rank, pid, text = raised.groups()
        return WorkerError(int(rank), int(pid), 1, text.decode(errors="replace"))
    if killed := _KILLED.search(said):
        number = int(killed[2]) & 0x7F  # most of the real-time range have no name
        name = next((found.name for found in signal.Signals if found == number), "signal")
        reason = f"a rank on {killed[1].decode()} was killed by {name} ({number})"
    else:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        reason = error.text or "; ".join(lines)[-400:]
    text = ": ".join(filter(None, ["mpiexec", reason]))
    return WorkerError(error.worker, error.pid, error.exitcode, text)


def _rank(n: int, workers: int) -> None:
    """Be a rank: sum a slice, and as rank 0 print the sums of all."""
    die_with_parent(os.getppid())
    silence = float(os.environ.get(_SILENCE, math.inf))
    rank = int(os.environ.get("PMI_RANK") or os.environ.get("OMPI_COMM_WORLD_RANK") or -1)
    try:
        job = _job(int(os.environ["PMI_FD"])) if "PMI_FD" in os.environ else b""
        _say(b"job " + job)
        alone = silence == math.inf  # on one host, where the caller removes what is left
        with contextlib.nullcontext() if alone else _unlinking(job):
            _end_in(_START * silence)  # after fork(2), for which there should be one thread
            from mpi4py import MPI  # noqa: PLC0415 - it calls MPI_Init
        _forget_names()
        world = MPI.COMM_WORLD
        rank = world.rank
        signer = SignedFrames(bytes.fromhex(os.environ[_KEY]))
        lo, hi = next(itertools.islice(kernel.slices(n, workers), rank, None))
        stop_beating = _beating(rank, silence)
        frame = signer.pack(rank, kernel.partial_sum(lo, hi))
        frames = bytearray(signer.size * workers) if rank == 0 else None
        _sleep_until(world.Igather([frame, MPI.BYTE], frames and [frames, MPI.BYTE]))
        if frames:
            write_all(1, bytes(frames))
        _sleep_until(world.Ibarrier())  # or who is early would poll in MPI_Finalize
        stop_beating()
    except BaseException as error:  # noqa: BLE001 - whatever it is, mpiexec does not tell
        what = b" ".join(described(error).split())
        _say(f"rank {rank} pid {os.getpid()} raised ".encode() + what)
        os._exit(1)  # not by MPI_Finalize, which waits for the others; mpiexec ends them


def _beating(rank: int, silence: float) -> Callable[[], None]:
    """Show each second that this rank lives, if there is a limit to the silence; return the end."""
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
    from mpi4py import MPI  # noqa: PLC0415 - see _rank

    while True:
        _end_in(silence + _BEAT)  # a beat later than the caller, whose error tells more
        with contextlib.suppress(MPI.Exception):  # there is no such name, says mpiexec
            MPI.Lookup_name("ipc-mpi")
        _say(f"rank {rank} on {os.uname().nodename} lives".encode())
        if ended.wait(_BEAT):
            return


def _end_in(seconds: float) -> None:
    """End this process in *seconds*, wherever it is, unless called again: in MPI_Init too."""
    if seconds < math.inf:
        faulthandler.dump_traceback_later(seconds, exit=True)


def _say(what: bytes) -> None:
    # A line in one write: mpiexec forwards it whole.
    write_all(1, b"ipc-mpi " + what[:1000] + b"\n")


def _job(fd: int) -> bytes:
    """Return what MPICH's process manager calls this job: PMI version 1, in lines of text."""
    answer = b""
    for question in (b"cmd=init pmi_version=1 pmi_subversion=1\n", b"cmd=get_my_kvsname\n"):
        write_all(fd, question)
        answer = b""
        while not answer.endswith(b"\n"):
            if not (data := os.read(fd, 4096)):
                raise ConnectionError("mpiexec's proxy is gone")
            answer += data
    return dict(pair.partition(b"=")[::2] for pair in answer.split())[b"kvsname"]


@contextlib.contextmanager
def _unlinking(job: bytes) -> Iterator[None]:
    """Let a child remove the names of shared memory at the end of the block, or of this process.

    For a rank that dies in MPI_Init and whose caller is on another host.
    """
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        os.setsid()  # a proxy kills the process group of a rank
        os.dup2(reader, 0)
        os.closerange(1, os.sysconf("SC_OPEN_MAX"))  # a proxy waits until the pipes are closed
        os.read(0, 1)
        _unlink(job)
        os._exit(0)
    os.close(reader)
    yield
    os.close(writer)
    os.waitpid(pid, 0)


def _forget_names() -> None:
    """Unlink the shared memory that MPI_Init has opened: by now each rank here has mapped it.

    MPICH keeps its name until MPI_Finalize, and for good if a rank dies before.
    """
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for name in set(re.findall(r"/dev/shm/mpich_\S+", maps.read())):  # noqa: S108 - is there
            with contextlib.suppress(OSError):  # another rank was first
                os.unlink(name)


def _sleep_until(request: Any) -> None:
    """Wait for *request*, asking ever more seldom: a tenth of the time that it has taken."""
    start = time.monotonic()
    while not request.Test():
        time.sleep(min(0.02, max(5e-5, (time.monotonic() - start) / 10)))


if __name__ == "__main__":
    if _KEY in os.environ:
        _rank(*map(int, sys.argv[1:]))
    else:
        main(run, unsupported)
