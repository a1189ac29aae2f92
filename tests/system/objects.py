"""What the system tells of its objects: files by their mode, System V objects, POSIX queues."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.system import namespaces

FILE_KINDS = ("file", "fifo", "socket", "directory", "link", "device")

_KIND_TESTS = {
    "fifo": stat.S_ISFIFO,
    "socket": stat.S_ISSOCK,
    "directory": stat.S_ISDIR,
    "link": stat.S_ISLNK,
    "file": stat.S_ISREG,
}

SYSTEM_V_KINDS = ("msg", "sem", "shm")  # message queues, semaphore sets, shared memory segments

_SYSTEM_V_TABLES = Path("/proc/sysvipc")
_QUEUE_DIRECTORY = Path("/dev/mqueue")  # where systems mount the queues, mq_overview(7)


def kind_of(mode: int) -> str:
    """Return the kind of a file with this *mode*, one of FILE_KINDS."""
    return next((kind for kind, test in _KIND_TESTS.items() if test(mode)), "device")


class SystemVObject(NamedTuple):
    """A System V object, sysvipc(7).

    kind: one of SYSTEM_V_KINDS.
    columns: its row in the table of the kernel, by the names in the head of the table.
    """

    kind: str
    id: int
    columns: dict[str, str]

    @property
    def owner(self) -> int:
        """The user whose object it is."""
        return int(self.columns["uid"])


def has_system_v_tables() -> bool:
    """Tell whether system_v_objects() can find anything: only Linux has these tables."""
    return _SYSTEM_V_TABLES.is_dir()


def system_v_objects() -> Iterator[SystemVObject]:
    """Yield the System V objects of all users, as proc_sysvipc(5) lists them."""
    for kind in SYSTEM_V_KINDS:
        with contextlib.suppress(OSError):
            head, *rows = (_SYSTEM_V_TABLES / kind).read_text().splitlines()
            for row in rows:
                fields = row.split()
                # The second column is the id. Its name is msqid, semid or shmid.
                yield SystemVObject(
                    kind, int(fields[1]), dict(zip(head.split(), fields, strict=False))
                )


def mount_queues() -> Path | None:
    """Return the directory of POSIX queues, or None where this user cannot have it.

    Where the system has not mounted it, root mounts it in a mount namespace of this process.
    """
    if _QUEUE_DIRECTORY.is_dir() and os.path.ismount(_QUEUE_DIRECTORY):
        return _QUEUE_DIRECTORY
    if os.geteuid() != 0:
        return None
    import tempfile  # noqa: PLC0415 - see tests.scenarios.preloaded

    own = tempfile.mkdtemp(prefix="ipc-mqueue-")
    try:
        namespaces.leave()
        namespaces.mount("mqueue", own)
    except namespaces.Refused:
        os.rmdir(own)
        return None
    return Path(own)


@contextlib.contextmanager
def queue_directory() -> Iterator[Path | None]:
    """Give the directory of POSIX queues or None, see mount_queues(); unmount it at the end."""
    directory = mount_queues()
    try:
        yield directory
    finally:
        if directory not in (None, _QUEUE_DIRECTORY):
            with contextlib.suppress(namespaces.Refused, OSError):
                namespaces.unmount(str(directory))
            with contextlib.suppress(OSError):
                os.rmdir(str(directory))
