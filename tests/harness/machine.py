"""What a figure depends on beside the code: kernel, limits, versions; for what is saved of it."""

import importlib.metadata
import os
import platform
import resource
from pathlib import Path
from typing import Any

# Where Linux keeps them; sysctl(8) has the same names with dots.
_SETTINGS = (
    "fs/mqueue/msg_max",
    "fs/mqueue/msgsize_max",
    "fs/mqueue/queues_max",
    "fs/pipe-max-size",
    "kernel/msgmax",
    "kernel/msgmnb",
    "kernel/msgmni",
    "kernel/pid_max",
    "net/core/somaxconn",
    "net/core/rmem_default",
    "net/core/wmem_default",
)
_RESOURCES = ("RLIMIT_MSGQUEUE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_MEMLOCK")
_LIBRARIES = (
    "pytest",
    "pytest-benchmark",
    "posix_ipc",
    "sysv_ipc",
    "numpy",
    "pyzmq",
    "faster-fifo",
    "iceoryx2",
    "redis",
    "mpi4py",
    "mpich",
)  # fmt: skip


def _limits() -> dict[str, int]:
    found = {"PIPE_BUF": os.pathconf("/", "PC_PIPE_BUF")}
    for name in _SETTINGS:
        try:
            found[name.replace("/", ".")] = int(Path("/proc/sys", name).read_text())
        except (OSError, ValueError):
            continue  # there is none of it here
    for name in _RESOURCES:
        if hasattr(resource, name):
            found[name] = resource.getrlimit(getattr(resource, name))[0]  # -1: no limit
    return found


def _libraries() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe(info: dict[str, Any]) -> None:
    """Add to *info*, of pytest-benchmark, and leave out what varies from run to run."""
    cpu = info.get("cpu", {})
    # Of the rest, the clock of the moment would make two runs on one machine seem to be on two.
    info["cpu"] = {key: cpu[key] for key in ("brand_raw", "arch", "count") if key in cpu}
    info["kernel"] = platform.version()
    info["libc"] = " ".join(platform.libc_ver())
    info["limits"] = _limits()
    info["libraries"] = _libraries()
