"""The shared memory of MPICH: it has names until MPI_Finalize, and for good if a rank dies before.

So they are removed once they are of no use: after MPI_Init, or after the death of a rank in it.
"""

import contextlib
import os
import re
from collections.abc import Iterator

_DIRECTORY = "/dev/shm"  # noqa: S108 - where Linux has it
_NAME = re.compile(rf"{_DIRECTORY}/mpich_\S+")


def unlink_of_job(job: bytes) -> None:
    """Remove the names of the shared memory on this host that MPI_Init sets up for *job*.

    MPICH names it by a hash, FNV-1a, of what its process manager calls the job; later than 5.0, of
    that and a count.  Before 5.0 the names are random, and stay.
    """
    hashes = {_fnv1a(job), _fnv1a(job + b"-0")}
    with contextlib.suppress(OSError):  # there is no such directory
        for name in os.listdir(_DIRECTORY):
            # Not by glob, which keeps each pattern: they would grow with each run.
            if name.startswith("mpich_") and not hashes.isdisjoint(name.split("_")[2:-1]):
                with contextlib.suppress(OSError):  # another process has removed it
                    os.unlink(os.path.join(_DIRECTORY, name))


def _fnv1a(text: bytes) -> str:
    value = 2166136261
    for byte in text:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return f"{value:x}"


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
        for name in set(_NAME.findall(maps.read())):
            with contextlib.suppress(OSError):  # another rank was first
                os.unlink(name)
