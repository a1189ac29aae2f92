"""Which calls are on what no run changes: they go on at once, and are no part of an order.

They are most of the calls of a run that imports a module.  What a path says may change after it was
read, so this must decide about nothing but the order.
"""

import os
import signal
import sys
import sysconfig

from tests.gate import calls
from tests.gate.seccomp import Notice

_LONGEST = 4096  # PATH_MAX
_AT_EMPTY_PATH = 0x1000  # <fcntl.h>

_LIBRARIES = tuple(
    {
        os.path.realpath(path) + "/"
        for path in (
            sys.prefix,
            sys.base_prefix,
            *sysconfig.get_paths().values(),
            os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
            "/usr",
            "/lib",
            "/lib64",
            "/etc",
            "/proc",
            "/sys",
        )
    }
)
_ALONE = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "anon_inode:[pidfd]")


def unchanging(notice: Notice) -> bool:
    """Tell whether a call is on a file of Python, of the system, or of the suite."""
    if notice.name in calls.BY_DESCRIPTOR or _is_of_descriptor(notice):
        return _is_library(target(notice.tid, notice.arguments[0]))
    if notice.name in calls.LOOKS | calls.OPENS and (at := calls.PATHS.get(notice.name)):
        return _is_library(text(notice.tid, notice.arguments[at[0][1]]))
    return False


def _is_of_descriptor(notice: Notice) -> bool:
    """Tell whether a call, which may have a path, is fstat(2): AT_EMPTY_PATH."""
    return notice.name == "newfstatat" and bool(notice.arguments[3] & _AT_EMPTY_PATH)


def target(tid: int, fd: int) -> str:
    """Return what a descriptor of a thread refers to, "" if that cannot be seen."""
    try:
        return os.readlink(f"/proc/{tid}/fd/{fd & 0xFFFFFFFF}")
    except OSError:
        return ""


def flags(tid: int, fd: int) -> int:
    """Return the flags of a descriptor, as open(2) has them; 0 if they cannot be seen."""
    try:
        with open(f"/proc/{tid}/fdinfo/{fd & 0xFFFFFFFF}") as info:
            return next((int(line[6:], 8) for line in info if line.startswith("flags:")), 0)
    except OSError:
        return 0


def text(tid: int, address: int) -> str:
    """Return the path at an address of a thread's memory, "" if it cannot be read."""
    return os.fsdecode(memory(tid, address, _LONGEST).partition(b"\0")[0])


def memory(tid: int, address: int, size: int) -> bytes:
    """Return up to *size* bytes of a thread's memory, b"" if it cannot be read."""
    try:
        with open(f"/proc/{tid}/mem", "rb", buffering=0) as file:
            file.seek(address)
            return file.read(size)
    except (OSError, ValueError, OverflowError):
        return b""


def killed_by(notice: Notice) -> int:
    """Return the pid of the process that a call kills, by SIGKILL, or 0."""
    target, number = notice.arguments[:2]
    if number != signal.SIGKILL:
        return 0
    if notice.name == "kill":
        return target if target < 1 << 31 else 0  # negative: a group
    if notice.name == "pidfd_send_signal":
        try:
            with open(f"/proc/{notice.tid}/fdinfo/{target}") as info:
                found = dict(line.split(":", 1) for line in info)
        except OSError:
            return 0
        return int(found.get("Pid", "0"))
    return 0


def _is_library(path: str) -> bool:
    return path.startswith(_LIBRARIES) or path in _ALONE
