"""mpiexec: where it is found, what it is told to start, and in which environment."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping

import kernel
from transports._mpi import life

KEY = "IPC_MPI_KEY"
"""The variable with the key of a run's frames, in hexadecimal digits."""

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
"""The directory of the project, in which mpiexec and the ranks are started."""

_HOSTFILE = "IPC_MPI_HOSTFILE"
_LAUNCHER = "IPC_MPIEXEC"


def command(n: int, workers: int) -> list[str]:
    """Return the command that starts *workers* ranks, which sum *n* terms.

    Raises FileNotFoundError if there is no mpiexec.
    """
    hosts = os.environ.get(_HOSTFILE)
    where = ["-hostfile", os.path.abspath(hosts)] if hosts else []
    program = [sys.executable, "-m", "transports.mpi", str(n), str(workers)]
    return [_path(), *where, "-n", str(workers), *program]


def _path() -> str:
    """Return the path of mpiexec: of this environment before any other."""
    name = os.environ.get(_LAUNCHER, "mpiexec")
    ours = sysconfig.get_path("scripts")
    if path := shutil.which(name, path=ours) or shutil.which(name):
        return path
    raise FileNotFoundError(f"there is no {name}, in {ours} or on PATH: pip install mpich")


def environment(secret: bytes) -> dict[str, str]:
    """Return the environment of mpiexec, and so of the ranks, with the key *secret*."""
    variables = os.environ | {
        KEY: secret.hex(),
        "IPC_KERNEL": kernel.selected,
        "PYTHONPATH": os.pathsep.join([ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]),
        # MPICH's proxy would describe the machine in a file of /tmp, and leave it if killed; but
        # not where this is set.  Open MPI reads what it names, unless it is empty.
        "HWLOC_XMLFILE": os.environ.get("HWLOC_XMLFILE", ""),
        # Open MPI, 4 and 5, refuses more ranks than cores unless it is asked to accept them.
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    if _HOSTFILE in os.environ:
        variables.setdefault(life.SILENCE, "30")
    else:
        # Here alone, no rank has to listen on a network, whose names may not be known either.
        variables = {"UCX_TLS": "self,posix", "MPIR_CVAR_CH4_NETMOD": "ucx"} | variables
    return variables


def mark(variables: Mapping[str, str]) -> str:
    """Return what all processes of the run with this environment have in theirs, and no others."""
    return f"{KEY}={variables[KEY]}"
