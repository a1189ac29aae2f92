"""Namespaces of a process's own, namespaces(7): what the whole machine has, for it alone."""

import ctypes
import os
from pathlib import Path

_NEWNS, _NEWUSER = 0x0002_0000, 0x1000_0000  # <linux/sched.h>
NEWIPC = 0x0800_0000
_REC, _PRIVATE, _DETACH = 0x4000, 1 << 18, 2  # <sys/mount.h>


class Refused(Exception):  # noqa: N818 - a reason to skip
    """The system gives this user no namespace."""


def call(name: str, *args: object) -> None:
    """Call a function of the C library that returns 0 where it succeeds; else raise Refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, name):  # as on macOS
        raise Refused(f"this system has no {name}")
    if getattr(libc, name)(*args) != 0:
        code = ctypes.get_errno()
        raise Refused(f"{name}: {os.strerror(code)}")


def leave(flags: int = 0, *, user: bool = True) -> None:
    """Leave the namespaces *flags*, and that of mounts, for new ones.

    What is mounted after that is seen by nobody else.  An ordinary user needs a user namespace
    for it, where the system lets him have one.

    user: whether it may be one in a user namespace.
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


def mount(kind: str, place: str, options: str = "") -> None:
    """Mount a file system of this *kind* over the directory *place*."""
    call("mount", b"none", place.encode(), kind.encode(), ctypes.c_ulong(0), options.encode())


def unmount(place: str) -> None:
    """Show again what the directory *place* had before something was mounted over it."""
    call("umount2", place.encode(), _DETACH)


def leave_ipc() -> bool:
    """Leave the IPC namespace for one of this process's own, if it is root; tell whether it did.

    An ordinary user would need a user namespace, and in that a transport meets other rights.
    """
    if os.geteuid() != 0:
        return False
    try:
        leave(NEWIPC, user=False)
        _show_queues()
    except Refused:
        return False
    return True


def apart() -> bool:
    """Tell whether this process has another IPC namespace than its parent."""
    try:
        return os.readlink("/proc/self/ns/ipc") != os.readlink(f"/proc/{os.getppid()}/ns/ipc")
    except OSError:
        return False


def join_ipc(pid: int) -> None:
    """Join the IPC namespace of process *pid*, setns(2)."""
    fd = os.open(f"/proc/{pid}/ns/ipc", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call("setns", fd, NEWIPC)
    finally:
        os.close(fd)
    leave(user=False)
    _show_queues()


def _show_queues() -> None:
    """Let /dev/mqueue, if there is one, show the queues of the IPC namespace of this process."""
    if os.path.ismount("/dev/mqueue"):
        mount("mqueue", "/dev/mqueue")
