"""Namespaces, namespaces(7): a process gets its own mounts or IPC objects.

In a namespace of its own a process can mount file systems, and sees only its own queues and
segments.
"""

import ctypes
import os
import struct
from pathlib import Path

_NEWNS, _NEWUSER = 0x0002_0000, 0x1000_0000  # <linux/sched.h>
NEWUTS, NEWIPC, NEWPID, NEWNET = 0x0400_0000, 0x0800_0000, 0x2000_0000, 0x4000_0000
_REC, _PRIVATE, _DETACH = 0x4000, 1 << 18, 2  # <sys/mount.h>

_OF_THIS_PROCESS = struct.pack("=Ii", 0x2008_0522, 0)  # capget(2): version 3 of the structure
_CAPABILITIES = struct.Struct("=6I")


class Refused(Exception):  # noqa: N818 - a reason to skip a test, no error
    """The system does not give this user a namespace, or a mount in it."""


def call(name: str, *args: object) -> None:
    """Call a function of the C library that returns 0 on success; raise Refused if it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, name):  # as on macOS
        raise Refused(f"this system has no {name}")
    if getattr(libc, name)(*args) != 0:
        code = ctypes.get_errno()
        raise Refused(f"{name}: {os.strerror(code)}")


def give_up(capability: int | None = None) -> None:
    """Give up a capability, or all: capabilities(7); those that this process could regain too.

    capability: its number in <linux/capability.h>, less than 32.
    """
    kept = [0] * 6  # effective, permitted, inheritable: 32 bits of each, and 32 more of each
    if capability is not None:
        data = ctypes.create_string_buffer(_CAPABILITIES.size)
        call("capget", _OF_THIS_PROCESS, data)
        kept = list(_CAPABILITIES.unpack(data.raw))
        for at in 0, 1:
            kept[at] &= ~(1 << capability)
    call("capset", _OF_THIS_PROCESS, _CAPABILITIES.pack(*kept))


def leave(flags: int = 0, *, user: bool = True) -> None:
    """Move this process to a new mount namespace, and new ones of the kinds in *flags*.

    No process outside sees what is mounted after that.  An ordinary user needs a new user
    namespace too, which some systems refuse.

    user: whether to make a user namespace where it is needed.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        call("unshare", flags | _NEWNS)
    except Refused:
        if not user:
            raise
        call("unshare", flags | _NEWNS | _NEWUSER)
    else:
        call("mount", b"none", b"/", None, ctypes.c_ulong(_REC | _PRIVATE), None)
        return
    try:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            Path("/proc/self", name).write_text(text)
    except OSError as error:
        raise Refused(f"user namespace: {error}") from error


def mount(
    kind: str, place: str, options: str = "", *, source: str = "none", flags: int = 0
) -> None:
    """Mount a file system of this *kind* over *place*.

    source, flags: as mount(2) has them; with MS_BIND, *source* is a path.
    """
    words = (os.fsencode(word) for word in (source, place, kind))
    try:
        call("mount", *words, ctypes.c_ulong(flags), options.encode())
    except Refused as refused:
        raise Refused(f"{refused} ({kind if source == 'none' else source} at {place})") from None


def unmount(place: str) -> None:
    """Undo mount()."""
    call("umount2", place.encode(), _DETACH)


def leave_ipc() -> bool:
    """Move this process to a new IPC namespace, if it is root; tell whether it did.

    An ordinary user would need a user namespace, in which a transport would have other rights.
    """
    if os.geteuid() != 0:
        return False
    try:
        leave(NEWIPC, user=False)
        _show_queues()
    except Refused:
        return False
    return True


def _show_queues() -> None:
    """Mount the queues of this process's IPC namespace over /dev/mqueue, if that is mounted."""
    if os.path.ismount("/dev/mqueue"):
        mount("mqueue", "/dev/mqueue")
