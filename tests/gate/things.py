"""What a call is about: what other processes can notice, and whether the call changes it.

Two calls of two processes conflict if they are about the same thing and one of them changes it;
only the order of such calls can matter to the result.
"""

import os
import re
import struct
from typing import NamedTuple

from tests.gate import calls, paths
from tests.gate.bytecodes import BYTECODE, PLACE
from tests.gate.seccomp import Notice
from tests.gate.sleeping import may_sleep

_AT_FDCWD = -100  # <fcntl.h>

# Two ends of a connection have different inodes: all sockets count as one thing.
_SOCKETS = "sockets"
PROCESSES = "processes"  # births, deaths, and who waits for them
MEMORY = "memory"  # that a bytecode may read or write
ANYTHING = "*"  # about several things, or not known

_SOCKET_CALLS = calls.words(
    "socket socketpair bind listen connect accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg"
    " recvmmsg shutdown"
)
_PROCESS_CALLS = (
    calls.BIRTHS
    | calls.ENDS
    | calls.SLEEPS
    | calls.words(
        "set_robust_list wait4 waitid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo"
        " pidfd_send_signal pidfd_open pause rt_sigsuspend rt_sigtimedwait setitimer timer_settime"
        " alarm"
    )
)
# System V objects by their kind and identifier, the first argument; msgget and the like make one.
_BY_ID = re.compile(r"(msg|sem|shm)(?!get)")
_MAKES_ID = re.compile(r"(msg|sem|shm)get")

_QUEUE_NAMES = calls.words("mq_open mq_unlink")
_WRITES_OPEN = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Thing(NamedTuple):
    """What a call is about.

    names: of things: paths of files, or other texts.
    changes: whether it changes them, or takes something out.
    shown: for people.
    sleeps: whether it may wait for another process.
    """

    names: tuple[str, ...]
    changes: bool
    shown: str
    sleeps: bool = True

    def conflicts(self, other: "Thing") -> bool:
        """Tell whether the order of two calls, of two processes, may matter."""
        return (self.changes or other.changes) and any(
            _same(one, two) for one in self.names for two in other.names
        )


def _same(one: str, two: str) -> bool:
    """Tell whether two names are of one thing, or of a directory and what is directly in it."""
    if ANYTHING in (one, two) or one == two:
        return True
    return os.path.dirname(one) == two or os.path.dirname(two) == one if one[:1] == "/" else False


def named(notice: Notice) -> Notice:
    """Return a call by its name: BYTECODE, with the path first, if it says that one comes next."""
    if notice.name in ("readlink", "readlinkat"):
        ((_, at),) = calls.PATHS[notice.name]
        path = notice.arguments[at]
        if paths.text(notice.tid, path).startswith(PLACE):
            return notice._replace(name=BYTECODE, arguments=(path, *[0] * 5))
    return notice


def of(notice: Notice) -> Thing:
    """Return what a call is about that waits now."""
    name, arguments = notice.name, notice.arguments
    changes = name not in calls.LOOKS
    if name == BYTECODE:
        where = paths.text(notice.tid, arguments[0]).removeprefix(PLACE)
        return Thing((MEMORY,), changes, where)
    if name in calls.SETTINGS | calls.OWN:
        return Thing((), changes, str(arguments[0]))  # no other process notices
    if name in _PROCESS_CALLS:
        return Thing((PROCESSES,), changes, "")
    if name in _SOCKET_CALLS:
        return Thing((_SOCKETS,), changes, _descriptor(arguments[0]))
    if name in _QUEUE_NAMES:
        queue = "/dev/mqueue/" + paths.text(notice.tid, arguments[0])
        return Thing((queue,), changes, os.path.basename(queue))
    if at := calls.PATHS.get(name):
        found = tuple(_path(notice, directory, path) for directory, path in at)
        if name in ("open", "openat"):
            changes = bool(arguments[at[0][1] + 1] & _WRITES_OPEN)
        return Thing(found, changes, " ".join(map(_brief, found)))
    if kind := _MAKES_ID.match(name):
        return Thing((kind[0],), changes, "")
    if kind := _BY_ID.match(name):
        shown = f"{kind[1]} {arguments[0]}"
        return Thing((f"{kind[1]}:{arguments[0]}",), changes, shown, may_sleep(notice))
    if name.startswith("futex"):
        return Thing((f"futex:{arguments[0]:x}",), changes, f"{arguments[0]:#x}")
    if name in calls.BY_DESCRIPTOR or name.startswith("mq_"):
        target = paths.target(notice.tid, arguments[0])
        shown = _shown(arguments[0], target)
        return Thing((_kept(target or ANYTHING),), changes, shown, may_sleep(notice))
    if name in ("poll", "ppoll"):
        polled = _polled(notice)
        targets = {paths.target(notice.tid, fd) or ANYTHING for fd in polled}
        return Thing(tuple(sorted(map(_kept, targets))), changes, " ".join(map(str, polled)))
    return Thing((ANYTHING,), changes, "")


def _kept(target: str) -> str:
    """Return the name of the thing that a descriptor refers to."""
    if target.startswith("socket:"):
        return _SOCKETS
    return PROCESSES if target == "anon_inode:[pidfd]" else target


def _shown(fd: int, target: str) -> str:
    """Return a descriptor as text, with the name of the file that it refers to."""
    return f"{_descriptor(fd)} {_brief(target) if target[:1] == '/' else target}"


def _brief(path: str) -> str:
    return os.path.basename(path.removesuffix(" (deleted)"))


def _descriptor(number: int) -> str:
    return str(number & 0xFFFFFFFF)


def _path(notice: Notice, directory: int, path: int) -> str:
    """Return the absolute path that two arguments of a call give."""
    found = paths.text(notice.tid, notice.arguments[path])
    if found.startswith("/"):
        return os.path.normpath(found)
    at = notice.arguments[directory] if directory >= 0 else _AT_FDCWD
    signed = (at & 0xFFFFFFFF) - (1 << 32 if at & 1 << 31 else 0)
    if signed == _AT_FDCWD:
        try:
            place = os.readlink(f"/proc/{notice.tid}/cwd")
        except OSError:
            return ANYTHING
    else:
        place = paths.target(notice.tid, signed)
    return os.path.normpath(os.path.join(place, found)) if place else ANYTHING


def _polled(notice: Notice) -> list[int]:
    """Return the descriptors that a poll waits for."""
    count = min(notice.arguments[1], 32)
    data = paths.memory(notice.tid, notice.arguments[0], 8 * count)
    return [fd for fd, _, _ in struct.iter_unpack("=ihh", data[: len(data) // 8 * 8])]
