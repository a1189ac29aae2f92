"""The file systems of a world: /tmp, /var/tmp, /dev and /proc of its own, and all else as it is.

What the suite and the module under test need is shown at its usual place, also if that is below
/tmp: the suite, its Python, the directory of the module, and the directories of the trial.
"""

import contextlib
import os
import stat
from collections.abc import Iterator

from tests.system import namespaces
from tests.system.files import PATH_ONLY

_COVERED = ("/tmp", "/var/tmp", "/dev")  # noqa: S108 - mounted over
_MEMORY, _QUEUES = "/dev/shm", "/dev/mqueue"  # noqa: S108 - mounted over
_TERMINALS = "/dev/pts"

# What POSIX (XBD 10.1) and Linux programs expect in /dev: nodes to show, and links to make.
_NODES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}

_NO_SUID, _NO_DEVICES, _NO_EXEC = 2, 4, 8  # <sys/mount.h>
_BIND, _REC = 0x1000, 0x4000


def enter(kept: list[str]) -> None:
    """Mount the file systems of a world in the mount namespace of this process.

    kept: files and directories to show at their places, where these are mounted over.

    Raises namespaces.Refused.
    """
    memory = _size_of(_MEMORY)
    # A world has no shared memory where the system has none: what it lacks is told by transports.
    places = [_MEMORY, _QUEUES] if os.path.isdir(_MEMORY) else [_QUEUES]
    with contextlib.ExitStack() as stack:
        shown = [(path, _opened(stack, path)) for path in _to_show(kept)]
        for place in _covered():
            mode = "755" if place == "/dev" else "1777"
            namespaces.mount("tmpfs", place, f"mode={mode}", flags=_NO_SUID | _NO_DEVICES)
        for place in places:
            os.mkdir(place)
        if _MEMORY in places:
            options = f"mode=1777{memory}"
            namespaces.mount("tmpfs", _MEMORY, options, flags=_NO_SUID | _NO_DEVICES)
        namespaces.mount("mqueue", _QUEUES)
        for path, fd in shown:
            _show(path, fd)
    _mount_terminals()
    for name, target in _LINKS.items():
        os.symlink(target, os.path.join("/dev", name))
    namespaces.mount("proc", "/proc", flags=_NO_SUID | _NO_DEVICES | _NO_EXEC)


def _mount_terminals() -> None:
    """Give the world pseudoterminals of its own: /dev/ptmx looks for /dev/pts beside itself."""
    os.mkdir(_TERMINALS)
    with contextlib.suppress(namespaces.Refused):
        options = "newinstance,ptmxmode=0666,mode=0620"  # devpts, in Linux's documentation
        namespaces.mount("devpts", _TERMINALS, options, flags=_NO_SUID | _NO_EXEC)


def _covered() -> list[str]:
    """Return the directories that are mounted over; some systems have a link in such a place."""
    return sorted({os.path.realpath(place) for place in _COVERED if os.path.isdir(place)})


def _size_of(place: str) -> str:
    """Return an option for the size of the file system at *place*: a container may have little."""
    try:
        found = os.statvfs(place)
    except OSError:
        return ""
    return f",size={found.f_blocks * found.f_frsize}" if found.f_blocks else ""


def _to_show(kept: list[str]) -> Iterator[str]:
    """Yield the paths that are mounted over, and are to be shown at their places."""
    for name in _NODES:
        if os.path.exists(path := os.path.join("/dev", name)):
            yield path
    # A path through a link is shown as such too.
    for path in sorted({*map(os.path.abspath, kept), *map(os.path.realpath, kept)}):
        if path in (*_COVERED, _MEMORY):  # other programs' files are in it too
            yield from _modules(path)
        elif any(path.startswith(f"{place}/") for place in _COVERED) and os.path.exists(path):
            yield path


def _modules(place: str) -> Iterator[str]:
    """Yield the Python modules and packages in *place*, which has files of other programs too."""
    with os.scandir(place) as entries:
        for entry in entries:
            package = entry.is_dir() and os.path.exists(os.path.join(entry.path, "__init__.py"))
            if package or entry.name.endswith(".py"):
                yield entry.path


def _opened(stack: contextlib.ExitStack, path: str) -> int:
    fd = os.open(path, PATH_ONLY | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _show(path: str, fd: int) -> None:
    """Show what *fd* has open at *path*; make what is missing of the path."""
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "xb"):
            pass
    namespaces.mount("none", path, source=f"/proc/self/fd/{fd}", flags=_BIND | _REC)
