"""Flags, offset and terminal settings of open descriptors: fcntl(2), lseek(2), termios(3).

The flags of an open file description are common to all processes that have it open: what a worker
sets on the standard output it inherited, the caller has as well.
"""

import contextlib
import fcntl
import os
import stat
import termios
from collections.abc import Collection, Iterator

from tests.system.settings.groups import Group

# Commands of fcntl(2) that take a structure, or a buffer: they are not asked.
TAKE_MORE = {"F_GETLK", "F_GETLK64", "F_GETLKPID", "F_GETPATH", "F_GETPATH_NOFIRMLINK"}

_COMMANDS = {
    name: getattr(fcntl, name)
    for name in dir(fcntl)
    if name.startswith("F_GET") and name not in TAKE_MORE
}

_WORDS = {"F_GETFL": "the file status flags (F_GETFL)", "F_GETFD": "the flags (F_GETFD)"}
_FLAGS = ("O_APPEND", "O_ASYNC", "O_DIRECT", "O_NONBLOCK", "O_SYNC")


def open_now() -> set[int]:
    """Return the descriptors that are open."""
    place = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    found = set()
    for name in os.listdir(place):
        with contextlib.suppress(OSError):  # that of the listing itself is closed by now
            os.fstat(int(name))
            found.add(int(name))
    return found


def group(fds: Collection[int]) -> Group:
    """Return what can be read of *fds*; one that is not open is closed."""
    values = {f"{what} of descriptor {fd}": value for fd in fds for what, value in _of(fd)}
    return Group("{}", values, gone="closed")


def _of(fd: int) -> Iterator[tuple[str, object]]:
    try:
        info = os.fstat(fd)
    except OSError:
        return
    yield "the file", f"{stat.filemode(info.st_mode)[0]} {info.st_dev}:{info.st_ino}"
    for name, command in _COMMANDS.items():
        with contextlib.suppress(OSError):  # it is not for this kind of file
            answer = fcntl.fcntl(fd, command)
            yield _WORDS.get(name, name), _in_words(answer) if name == "F_GETFL" else answer
    if stat.S_ISREG(info.st_mode):
        yield "the offset", os.lseek(fd, 0, os.SEEK_CUR)
    if os.isatty(fd):
        with contextlib.suppress(termios.error):
            yield "the terminal settings", repr(termios.tcgetattr(fd))
            yield (
                "the size of the terminal",
                "{} columns, {} lines".format(*os.get_terminal_size(fd)),
            )


def _in_words(flags: int) -> str:
    """Return the flags of an open file description, with the names of those that can be set."""
    found = [flag for flag in _FLAGS if (bit := getattr(os, flag, 0)) and flags & bit == bit]
    return f"{flags:#o}" + (f" ({', '.join(found)})" if found else "")
