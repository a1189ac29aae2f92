"""What a process manager tells a rank before MPI_Init: in its environment, and by PMI version 1.

PMI is lines of text on a descriptor that MPICH's proxy leaves open, by the number in PMI_FD.
"""

import os

from transports._supervisor import write_all

_NO_RANK = -1
_QUESTIONS = (b"cmd=init pmi_version=1 pmi_subversion=1\n", b"cmd=get_my_kvsname\n")


def rank() -> int:
    """Return the rank of this process, of MPICH or of Open MPI, or -1 if that is not known yet."""
    told = os.environ.get("PMI_RANK") or os.environ.get("OMPI_COMM_WORLD_RANK")
    return int(told) if told else _NO_RANK


def job() -> bytes:
    """Return what MPICH's process manager calls this job, or b"" without one: Open MPI.

    Raises ConnectionError if the proxy has ended.
    """
    if "PMI_FD" not in os.environ:
        return b""
    fd = int(os.environ["PMI_FD"])
    answer = b""
    for question in _QUESTIONS:
        write_all(fd, question)
        answer = _line(fd)
    return dict(pair.partition(b"=")[::2] for pair in answer.split())[b"kvsname"]


def _line(fd: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        if not (data := os.read(fd, 4096)):
            raise ConnectionError("mpiexec's proxy is gone")
        line += data
    return line
