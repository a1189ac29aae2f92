"""Finds, changes and removes files of a trial by their names, and never touches other files.

A name may have become a symbolic link, or may be a hard link or a mount point.  What is done to
the path would then be done to a file of the host.  So no path is used twice:

- Each place is opened once, and each directory below it by the descriptor of the one above,
  openat(2).
- An object is opened with OPATH_ONLY | O_NOFOLLOW, which opens the name only (open(2)).
- If it is not the object that was found, or is on another mount, nothing is done to it.
- All else goes through /proc/self/fd/N, which leads to that object even if its name leads to
  another one by now (proc_pid_fd(5)).
"""

import contextlib
import errno
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.system.files import (
    DIRECTORY,
    PATH_ONLY,
    Mount,
    listed,
    mount_of,
    opened,
    path_of,
    remove,
)
from tests.system.objects import kind_of


class FileObject(NamedTuple):
    """An object in the file system: where it was found, and which one it is."""

    place: str
    name: str  # from the place, with a slash between its parts
    kind: str
    device: int
    inode: int
    owner: int

    @property
    def path(self) -> str:
        """Its path, for reports and comparisons only: never opened."""
        return os.path.join(self.place, self.name)

    @property
    def identity(self) -> tuple[int, int]:
        """What no other object has at the same time."""
        return self.device, self.inode


def _file_object(place: str, name: str, info: os.stat_result) -> FileObject:
    return FileObject(place, name, kind_of(info.st_mode), info.st_dev, info.st_ino, info.st_uid)


class Pinned:
    """An object that is held open by a descriptor: what is done to it is done to nothing else."""

    def __init__(self, fd: int, thing: FileObject, names: int) -> None:
        self._fd = fd
        self._file_object = thing
        self._names = names

    def path(self, *kinds: str) -> str:
        """Return a path that leads to it alone; PermissionError unless it is one of *kinds*.

        An object that has more names than were seen in the trial's places is refused too: it has
        a hard link elsewhere, and may be a file of the host.
        """
        thing = self._file_object
        if thing.kind not in kinds:
            raise PermissionError(errno.EPERM, f"a {thing.kind} is left alone", thing.path)
        links = os.fstat(self._fd).st_nlink
        if thing.kind != "directory" and links > max(1, self._names):
            raise PermissionError(errno.EPERM, "it has names elsewhere", thing.path)
        return path_of(self._fd)

    def open(self, flags: int) -> int:
        """Open a file or fifo for reading or writing; never wait for its other end."""
        return os.open(self.path("file", "fifo"), flags | os.O_NONBLOCK | os.O_CLOEXEC)

    def chmod(self, mode: int) -> None:
        """Change its mode."""
        os.chmod(self.path("file", "fifo", "socket", "directory"), mode)

    def truncate(self) -> None:
        """Empty a file."""
        os.truncate(self.path("file"), 0)


class Places:
    """The directories in which an intruder looks, and what it has planted there.

    private: those that only the trial uses.
    names: how many names each object was seen to have in these, in the present search.
    """

    def __init__(self, private: list[str], shared: list[str]) -> None:
        self._private = private
        self.names: Counter[tuple[int, int]] = Counter()
        self._planted: list[tuple[int, str, tuple[int, int]]] = []
        self._open: dict[str, tuple[int, Mount]] = {}
        for place in dict.fromkeys(private + shared):
            with contextlib.suppress(OSError):
                fd = os.open(place, PATH_ONLY | DIRECTORY)
                self._open[place] = fd, mount_of(fd)

    # -- looking --------------------------------------------------------------------------

    def top(self, place: str) -> Iterator[FileObject]:
        """Yield what is in a place."""
        if place in self._open:
            fd, mount = self._open[place]
            with contextlib.suppress(OSError), listed(".", fd, mount) as directory:
                yield from self._in(place, "", directory)

    def inside(self, thing: FileObject) -> Iterator[FileObject]:
        """Yield what is in a directory and below it; OSError if the directory cannot be listed."""
        with self._above(thing) as (directory, name, mount), listed(name, directory, mount) as fd:
            self._check(fd, thing)
            below = list(self._in(thing.place, thing.name + "/", fd))
        for inner in below:
            yield inner
            if inner.kind == "directory":
                with contextlib.suppress(OSError):
                    yield from self.inside(inner)

    def _in(self, place: str, start: str, directory: int) -> Iterator[FileObject]:
        for name in os.listdir(directory):
            with contextlib.suppress(OSError):
                thing = _file_object(place, start + name, os.lstat(name, dir_fd=directory))
                self.names[thing.identity] += place in self._private
                yield thing

    def locate(self, path: str) -> FileObject | None:
        """Return what has this path now, or None if it is in none of the places."""
        for place in self._open:
            name = path.removeprefix(place.rstrip("/") + "/")
            parts = name.split("/")
            if name != path and not {"", ".", ".."} & set(parts):
                with contextlib.suppress(OSError), self._parent(place, parts) as directory:
                    return _file_object(place, name, os.lstat(parts[-1], dir_fd=directory))
        return None

    @contextlib.contextmanager
    def _parent(self, place: str, parts: list[str]) -> Iterator[int]:
        """Open the directory that the last of *parts* is in; follow no link, and cross no mount."""
        if place not in self._open:
            raise FileNotFoundError(errno.ENOENT, "is not one of the places", place)
        fd = os.dup(self._open[place][0])
        try:
            for part in parts[:-1]:
                above, fd = fd, os.open(part, PATH_ONLY | DIRECTORY, dir_fd=fd)
                os.close(above)
            if mount_of(fd) != self._open[place][1]:
                raise OSError(errno.EXDEV, "is on another mount", "/".join(parts))
            yield fd
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def _above(self, thing: FileObject) -> Iterator[tuple[int, str, Mount]]:
        """Give the directory of a thing, its name there, and the mount of its place."""
        parts = thing.name.split("/")
        with self._parent(thing.place, parts) as directory:
            yield directory, parts[-1], self._open[thing.place][1]

    @staticmethod
    def _check(fd: int, thing: FileObject) -> None:
        """Raise OSError unless *fd* is the object that was found."""
        info = os.fstat(fd)
        if (info.st_dev, info.st_ino, kind_of(info.st_mode)) != (*thing.identity, thing.kind):
            raise OSError(errno.ESTALE, "another object has this name now", thing.path)

    @contextlib.contextmanager
    def _opened_object(self, thing: FileObject) -> Iterator[tuple[int, int, str, Mount]]:
        """Give a descriptor of the thing, and of its directory, its name, and the mount."""
        with (
            self._above(thing) as (directory, name, mount),
            opened(name, PATH_ONLY | os.O_NOFOLLOW, directory) as fd,
        ):
            self._check(fd, thing)
            if mount_of(fd) != mount:
                raise OSError(errno.EXDEV, "is on another mount", thing.path)
            yield fd, directory, name, mount

    # -- changing -------------------------------------------------------------------------

    @contextlib.contextmanager
    def pin(self, thing: FileObject) -> Iterator[Pinned]:
        """Hold what was found open; OSError if its name leads to another object now."""
        with self._opened_object(thing) as (fd, *_):
            yield Pinned(fd, thing, self.names[thing.identity])

    def remove(self, thing: FileObject) -> None:
        """Remove what was found, and of a directory all that is in it too.

        The system removes and renames by name only, so the name is checked directly before.
        """
        with self._opened_object(thing) as (_, directory, name, mount):
            remove(name, directory, mount)

    def move_aside(self, thing: FileObject) -> FileObject:
        """Rename what was found; return it under its new name. clear() removes it."""
        with self._opened_object(thing) as (_, directory, name, _):
            other = "aside-" + secrets.token_hex(8)  # no name of anybody else's
            os.rename(name, other, src_dir_fd=directory, dst_dir_fd=directory)
            self._planted.append((os.dup(directory), other, thing.identity))
        return thing._replace(name=thing.name[: -len(name)] + other)

    # -- planting -------------------------------------------------------------------------

    def _plant(self, place: str, name: str, make: Callable[[str, int], object]) -> FileObject:
        """Call *make* to make an object of this name; remember which object it is."""
        parts = name.split("/")
        with self._parent(place, parts) as directory:
            make(parts[-1], directory)
            thing = _file_object(place, name, os.lstat(parts[-1], dir_fd=directory))
            self._planted.append((os.dup(directory), parts[-1], thing.identity))
        return thing

    def plant_link(self, place: str, name: str, target: str) -> None:
        """Make a symbolic link to *target*."""
        self._plant(place, name, lambda last, fd: os.symlink(target, last, dir_fd=fd))

    def plant_directory(self, place: str, name: str) -> None:
        """Make a directory for this user alone."""
        self._plant(place, name, lambda last, fd: os.mkdir(last, 0o700, dir_fd=fd))

    def plant_fifo(self, place: str, name: str) -> FileObject:
        """Make a fifo."""
        return self._plant(place, name, lambda last, fd: os.mkfifo(last, 0o600, dir_fd=fd))

    def plant_socket(self, place: str, name: str, listener: socket.socket) -> FileObject:
        """Bind a Unix socket; by the descriptor of its directory, as a long path would not fit."""
        return self._plant(place, name, lambda last, fd: listener.bind(f"{path_of(fd)}/{last}"))

    def clear(self) -> None:
        """Remove what was planted or moved aside, if the name still leads to it."""
        while self._planted:
            directory, name, identity = self._planted.pop()
            with contextlib.suppress(OSError):
                info = os.lstat(name, dir_fd=directory)
                if (info.st_dev, info.st_ino) == identity:
                    remove(name, directory, mount_of(directory))
            os.close(directory)
