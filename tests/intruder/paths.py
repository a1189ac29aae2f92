"""Names in the file system: how they are found, changed and removed, and nothing else with them.

A name may have become a symbolic link, or may be a hard link or a mount point: what is done to
the path is then done to a file of the host.  So no path is used twice.  Each place is opened
once, each directory below it by the descriptor of the one above, openat(2), and an object by
O_PATH | O_NOFOLLOW, which opens nothing but the name (open(2)).  If it is not the object that
was found, or lies on another mount, nothing is done.  All else goes through /proc/self/fd/N,
which leads to that object, whatever its name leads to by now (proc_pid_fd(5)).
"""

import contextlib
import errno
import os
import secrets
import socket
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_PATH = getattr(os, "O_PATH", 0)  # Linux alone has it
_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

KINDS = ("file", "fifo", "socket", "directory", "link", "device")

_TESTS = {
    "fifo": stat.S_ISFIFO,
    "socket": stat.S_ISSOCK,
    "directory": stat.S_ISDIR,
    "link": stat.S_ISLNK,
    "file": stat.S_ISREG,
}

Mount = str | int


def kind_of(mode: int) -> str:
    """Return what a file of *mode* is, one of KINDS."""
    return next((kind for kind, test in _TESTS.items() if test(mode)), "device")


def mount_of(fd: int) -> Mount:
    """Return the mount that an open file lies on, or its device where no mount is told.

    A bind mount has the device of what it shows, so the device alone does not tell it.
    """
    with contextlib.suppress(OSError), open(f"/proc/self/fdinfo/{fd}") as info:
        for line in info:
            if line.startswith("mnt_id:"):
                return line  # proc_pid_fdinfo(5)
    return os.fstat(fd).st_dev


@contextlib.contextmanager
def _opened(name: str, flags: int, directory: int | None = None) -> Iterator[int]:
    fd = os.open(name, flags | os.O_CLOEXEC, dir_fd=directory)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _listed(name: str, directory: int, mount: Mount, *, unlock: bool = False) -> Iterator[int]:
    """Open a directory for listing, unless it is a link or on another mount.

    unlock: give its owner all rights first, if he has not got them.
    """
    with _opened(name, _PATH | _DIRECTORY, directory) as fd:
        if mount_of(fd) != mount:
            raise OSError(errno.EXDEV, "on another mount", name)
        if unlock and _PATH and os.fstat(fd).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            with contextlib.suppress(OSError):
                os.chmod(_through(fd), stat.S_IRWXU)
        with _opened(".", os.O_RDONLY | _DIRECTORY, fd) as inner:
            yield inner


def _through(fd: int) -> str:
    return f"/proc/self/fd/{fd}"


def _remove(name: str, directory: int, mount: Mount) -> None:
    """Remove a name, and all that is in it if it is a directory, but nothing on other mounts.

    What cannot be removed stays, and so does what it lies in: an OSError then.
    """
    if not stat.S_ISDIR(os.lstat(name, dir_fd=directory).st_mode):
        os.unlink(name, dir_fd=directory)
        return
    with _listed(name, directory, mount, unlock=True) as fd:
        for inner in os.listdir(fd):
            with contextlib.suppress(OSError):
                _remove(inner, fd, mount)
    os.rmdir(name, dir_fd=directory)


def remove_tree(path: str) -> None:
    """Remove a name, and of a directory all that is in it; follow no link, and cross no mount.

    What cannot be removed stays.
    """
    above, name = os.path.split(os.path.abspath(path))
    with contextlib.suppress(OSError), _opened(above, os.O_RDONLY | os.O_DIRECTORY) as directory:
        _remove(name, directory, mount_of(directory))


@contextlib.contextmanager
def own_directory(prefix: str, place: str | None = None) -> Iterator[Path]:
    """Make a directory, and remove it in the end with all that a trial has put there."""
    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield Path(path)
    finally:
        remove_tree(path)


class Thing(NamedTuple):
    """An object in the file system: where it was found, and which one it is."""

    place: str
    name: str  # from the place, with a slash between its parts
    kind: str
    device: int
    inode: int
    owner: int

    @property
    def path(self) -> str:
        """Its path, to be told and compared alone."""
        return os.path.join(self.place, self.name)

    @property
    def identity(self) -> tuple[int, int]:
        """What no other object has at the same time."""
        return self.device, self.inode


def _thing(place: str, name: str, info: os.stat_result) -> Thing:
    return Thing(place, name, kind_of(info.st_mode), info.st_dev, info.st_ino, info.st_uid)


class Pinned:
    """An object that is held by its descriptor: what is done to it is done to nothing else."""

    def __init__(self, fd: int, thing: Thing, names: int) -> None:
        self._fd = fd
        self._thing = thing
        self._names = names

    def path(self, *kinds: str) -> str:
        """Return a path that leads to it alone; PermissionError unless it is one of *kinds*.

        An object with a name that was not seen in the trial's places is refused too: a hard link
        leads to it, and it may be the host's.
        """
        thing = self._thing
        if thing.kind not in kinds:
            raise PermissionError(errno.EPERM, f"a {thing.kind} is left alone", thing.path)
        links = os.fstat(self._fd).st_nlink
        if thing.kind != "directory" and links > max(1, self._names):
            raise PermissionError(errno.EPERM, "has names elsewhere", thing.path)
        return _through(self._fd)

    def open(self, flags: int) -> int:
        """Open a file or fifo for reading or writing; never wait for its other end."""
        return os.open(self.path("file", "fifo"), flags | os.O_NONBLOCK | os.O_CLOEXEC)

    def chmod(self, mode: int) -> None:
        """Change its mode."""
        os.chmod(self.path("file", "fifo", "socket", "directory"), mode)

    def truncate(self) -> None:
        """Leave nothing of what is in a file."""
        os.truncate(self.path("file"), 0)


class Places:
    """The directories in which an intruder looks, and what he has laid there.

    private: those that the trial has to itself.
    names: how many names each object was seen to have there, in the look that goes on.
    """

    def __init__(self, private: list[str], shared: list[str]) -> None:
        self._private = private
        self.names: Counter[tuple[int, int]] = Counter()
        self._laid: list[tuple[int, str, tuple[int, int]]] = []
        self._open: dict[str, tuple[int, Mount]] = {}
        for place in dict.fromkeys(private + shared):
            with contextlib.suppress(OSError):
                fd = os.open(place, _PATH | _DIRECTORY)
                self._open[place] = fd, mount_of(fd)

    # -- looking --------------------------------------------------------------------------

    def top(self, place: str) -> Iterator[Thing]:
        """Yield what is in a place."""
        if place in self._open:
            fd, mount = self._open[place]
            with contextlib.suppress(OSError), _listed(".", fd, mount) as directory:
                yield from self._in(place, "", directory)

    def inside(self, thing: Thing) -> Iterator[Thing]:
        """Yield what is in a directory, and below it; OSError if it cannot be listed."""
        with self._above(thing) as (directory, name, mount), _listed(name, directory, mount) as fd:
            self._check(fd, thing)
            below = list(self._in(thing.place, thing.name + "/", fd))
        for inner in below:
            yield inner
            if inner.kind == "directory":
                with contextlib.suppress(OSError):
                    yield from self.inside(inner)

    def _in(self, place: str, start: str, directory: int) -> Iterator[Thing]:
        for name in os.listdir(directory):
            with contextlib.suppress(OSError):
                thing = _thing(place, start + name, os.lstat(name, dir_fd=directory))
                self.names[thing.identity] += place in self._private
                yield thing

    def locate(self, path: str) -> Thing | None:
        """Return what has this path now, or None if it is in none of the places."""
        for place in self._open:
            name = path.removeprefix(place.rstrip("/") + "/")
            parts = name.split("/")
            if name != path and not {"", ".", ".."} & set(parts):
                with contextlib.suppress(OSError), self._parent(place, parts) as directory:
                    return _thing(place, name, os.lstat(parts[-1], dir_fd=directory))
        return None

    @contextlib.contextmanager
    def _parent(self, place: str, parts: list[str]) -> Iterator[int]:
        """Open the directory that the last of *parts* is in; follow no link, and cross no mount."""
        if place not in self._open:
            raise FileNotFoundError(errno.ENOENT, "not one of the places", place)
        fd = os.dup(self._open[place][0])
        try:
            for part in parts[:-1]:
                above, fd = fd, os.open(part, _PATH | _DIRECTORY, dir_fd=fd)
                os.close(above)
            if mount_of(fd) != self._open[place][1]:
                raise OSError(errno.EXDEV, "on another mount", "/".join(parts))
            yield fd
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def _above(self, thing: Thing) -> Iterator[tuple[int, str, Mount]]:
        """Give the directory of a thing, its name there, and the mount of its place."""
        parts = thing.name.split("/")
        with self._parent(thing.place, parts) as directory:
            yield directory, parts[-1], self._open[thing.place][1]

    @staticmethod
    def _check(fd: int, thing: Thing) -> None:
        """Raise OSError unless *fd* is the thing that was found."""
        info = os.fstat(fd)
        if (info.st_dev, info.st_ino, kind_of(info.st_mode)) != (*thing.identity, thing.kind):
            raise OSError(errno.ESTALE, "is another one now", thing.path)

    @contextlib.contextmanager
    def _held(self, thing: Thing) -> Iterator[tuple[int, int, str, Mount]]:
        """Give a descriptor of the thing, and of its directory, its name, and the mount."""
        with (
            self._above(thing) as (directory, name, mount),
            _opened(name, _PATH | os.O_NOFOLLOW, directory) as fd,
        ):
            self._check(fd, thing)
            if mount_of(fd) != mount:
                raise OSError(errno.EXDEV, "on another mount", thing.path)
            yield fd, directory, name, mount

    # -- changing -------------------------------------------------------------------------

    @contextlib.contextmanager
    def pin(self, thing: Thing) -> Iterator[Pinned]:
        """Hold what was found; OSError if its name has come to lead to another object."""
        with self._held(thing) as (fd, *_):
            yield Pinned(fd, thing, self.names[thing.identity])

    def remove(self, thing: Thing) -> None:
        """Remove the name of what was found; of a directory, all that is in it too.

        A name can be removed and changed by its name alone: it is looked at directly before.
        """
        with self._held(thing) as (_, directory, name, mount):
            _remove(name, directory, mount)

    def aside(self, thing: Thing) -> Thing:
        """Rename what was found, and return it with its new name; clear() removes it."""
        with self._held(thing) as (_, directory, name, _):
            other = "aside-" + secrets.token_hex(8)
            os.rename(name, other, src_dir_fd=directory, dst_dir_fd=directory)
            self._laid.append((os.dup(directory), other, thing.identity))
        return thing._replace(name=thing.name[: -len(name)] + other)

    # -- laying ---------------------------------------------------------------------------

    def _lay(self, place: str, name: str, make: Callable[[str, int], object]) -> Thing:
        """Let *make* make an object of this name; remember which one it is."""
        parts = name.split("/")
        with self._parent(place, parts) as directory:
            make(parts[-1], directory)
            thing = _thing(place, name, os.lstat(parts[-1], dir_fd=directory))
            self._laid.append((os.dup(directory), parts[-1], thing.identity))
        return thing

    def lay_link(self, place: str, name: str, target: str) -> None:
        """Make a symbolic link to *target*."""
        self._lay(place, name, lambda last, fd: os.symlink(target, last, dir_fd=fd))

    def lay_fifo(self, place: str, name: str) -> Thing:
        """Make a fifo."""
        return self._lay(place, name, lambda last, fd: os.mkfifo(last, 0o600, dir_fd=fd))

    def lay_socket(self, place: str, name: str, listener: socket.socket) -> Thing:
        """Bind a Unix socket: by the descriptor of its directory, which is a short path too."""
        return self._lay(place, name, lambda last, fd: listener.bind(f"{_through(fd)}/{last}"))

    def clear(self) -> None:
        """Remove what was laid or set aside, if it is still what has the name."""
        while self._laid:
            directory, name, identity = self._laid.pop()
            with contextlib.suppress(OSError):
                info = os.lstat(name, dir_fd=directory)
                if (info.st_dev, info.st_ino) == identity:
                    _remove(name, directory, mount_of(directory))
            os.close(directory)
