"""The shared memory of MPICH: it has names until MPI_Finalize, and for good if a rank dies before.

So they are removed once they are of no use: after MPI_Init, or after the death of a rank in it.
"""

import contextlib
import glob
import os
import re
from collections.abc import Iterator


def unlink_of_job(job: bytes) -> None:
    """Remove the names of the shared memory on this host that MPI_Init sets up for *job*.

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


@contextlib.contextmanager
def unlinking(job: bytes) -> Iterator[None]:
    """Let a child remove the names of *job* at the end of the block, or of this process.

    For a rank that dies in MPI_Init and whose caller is on another host.
    """
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        os.setsid()  # a proxy kills the process group of a rank
        os.dup2(reader, 0)
        os.closerange(1, os.sysconf("SC_OPEN_MAX"))  # a proxy waits until the pipes are closed
        os.read(0, 1)
        unlink_of_job(job)
        os._exit(0)
    os.close(reader)
    yield
    os.close(writer)
    os.waitpid(pid, 0)


def unlink_mapped() -> None:
    """Remove the names of what MPI_Init has mapped: by now each rank on this host has done so."""
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for name in set(re.findall(r"/dev/shm/mpich_\S+", maps.read())):  # noqa: S108 - is there
            with contextlib.suppress(OSError):  # another rank was first
                os.unlink(name)
