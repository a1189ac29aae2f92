"""Files by descriptor: they are opened and removed without following a link or crossing a mount."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

PATH_ONLY = getattr(os, "O_PATH", 0)  # Linux alone has it
DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Mount = str | int


def mount_of(fd: int) -> Mount:
    """Return the mount that an open file is on, or its device where the system names no mount.

    A bind mount has the device of what it shows, so the device alone is not enough.
    """
    with contextlib.suppress(OSError), open(f"/proc/self/fdinfo/{fd}") as info:
        for line in info:
            if line.startswith("mnt_id:"):
                return line  # proc_pid_fdinfo(5)
    return os.fstat(fd).st_dev


@contextlib.contextmanager
def opened(name: str, flags: int, directory: int | None = None) -> Iterator[int]:
    """Open a file, by the descriptor of its directory if that is given; close it at the end."""
    fd = os.open(name, flags | os.O_CLOEXEC, dir_fd=directory)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def listed(name: str, directory: int, mount: Mount, *, unlock: bool = False) -> Iterator[int]:
    """Open a directory for listing, unless it is a link or on another mount.

    unlock: give its owner all rights first, where they are missing.
    """
    with opened(name, PATH_ONLY | DIRECTORY, directory) as fd:
        if mount_of(fd) != mount:
            raise OSError(errno.EXDEV, "is on another mount", name)
        if unlock and PATH_ONLY and os.fstat(fd).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            with contextlib.suppress(OSError):
                os.chmod(path_of(fd), stat.S_IRWXU)
        with opened(".", os.O_RDONLY | DIRECTORY, fd) as inner:
            yield inner


def path_of(fd: int) -> str:
    """Return a path that leads to what a descriptor has open: proc_pid_fd(5)."""
    return f"/proc/self/fd/{fd}"


def remove(name: str, directory: int, mount: Mount) -> None:
    """Remove a name, and all that is in it if it is a directory, but nothing on other mounts.

    What cannot be removed stays, with the directory that it is in; then an OSError is raised.
    """
    if not stat.S_ISDIR(os.lstat(name, dir_fd=directory).st_mode):
        os.unlink(name, dir_fd=directory)
        return
    with listed(name, directory, mount, unlock=True) as fd:
        for inner in os.listdir(fd):
            with contextlib.suppress(OSError):
                remove(inner, fd, mount)
    os.rmdir(name, dir_fd=directory)


def remove_tree(path: str) -> None:
    """Remove a file, or a directory with all that is in it; follow no link, and cross no mount.

    What cannot be removed stays.
    """
    above, name = os.path.split(os.path.abspath(path))
    with contextlib.suppress(OSError), opened(above, os.O_RDONLY | os.O_DIRECTORY) as directory:
        remove(name, directory, mount_of(directory))


@contextlib.contextmanager
def own_directory(prefix: str, place: str | None = None) -> Iterator[Path]:
    """Make a directory; remove it at the end, with all that a trial has put there."""
    import tempfile  # noqa: PLC0415 - see tests.scenarios.preloaded

    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield Path(path)
    finally:
        remove_tree(path)
