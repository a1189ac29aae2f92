"""Run a command without the system calls that a container is refused, by seccomp(2).

    python -m tests.platforms.refusing COMMAND [ARGUMENT ...]

A container runtime has a list of calls that it allows; the others fail with EPERM.  Here the list
is the other way round: what the default profile of Docker refuses to a container with its 14
capabilities ("Seccomp security profiles for Docker" in its manual; profiles/seccomp/default.json in
its source).  clone(2) is refused where it would make a namespace; clone3(2), whose flags a filter
cannot see, does not exist, so that the C library falls back on clone(2).
"""

import ctypes
import errno
import os
import sys
from typing import NoReturn

_REFUSED = (
    "acct", "add_key", "bpf", "clock_settime", "delete_module", "fanotify_init", "finit_module",
    "fsconfig", "fsmount", "fsopen", "fspick", "get_mempolicy", "init_module", "ioperm", "iopl",
    "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "mount",
    "mount_setattr", "move_mount", "move_pages", "nfsservctl", "open_by_handle_at", "open_tree",
    "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise", "quotactl", "quotactl_fd",
    "reboot", "request_key", "set_mempolicy", "setdomainname", "sethostname", "setns",
    "settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "uselib", "userfaultfd",
    "ustat", "vhangup",
)  # fmt: skip

# CLONE_NEW*, <linux/sched.h>: mounts, cgroups, UTS, IPC, users, processes, network.
_NAMESPACES = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # <seccomp.h>
_NO_NEW_PRIVS = 3  # SCMP_FLTATR_CTL_NNP
_MASKED_EQUAL = 7  # SCMP_CMP_MASKED_EQ
_UNKNOWN = -1  # __NR_SCMP_ERROR


class _Comparison(ctypes.Structure):
    """struct scmp_arg_cmp: an argument of a call, compared with a value under a mask."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def _library() -> ctypes.CDLL:
    try:
        found = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        sys.exit("libseccomp is not installed")
    found.seccomp_init.restype = ctypes.c_void_p
    found.seccomp_init.argtypes = [ctypes.c_uint32]
    found.seccomp_load.argtypes = [ctypes.c_void_p]
    found.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    found.seccomp_rule_add_array.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
        ctypes.POINTER(_Comparison),
    ]
    return found


def install() -> None:
    """Refuse the calls to this process, and to all that it starts; exit where that cannot be."""
    library = _library()
    rules = library.seccomp_init(_ALLOW)

    def refuse(name: str, number: int, *compared: _Comparison) -> None:
        call = library.seccomp_syscall_resolve_name(name.encode())
        if call == _UNKNOWN:  # this architecture has no such call, or the library does not know it
            return
        array = (_Comparison * len(compared))(*compared)
        check(
            library.seccomp_rule_add_array(rules, _ERRNO | number, call, len(compared), array), name
        )

    def check(result: int, what: str) -> None:
        if result:
            sys.exit(f"seccomp: {what}: {os.strerror(-result)}")

    for name in _REFUSED:
        refuse(name, errno.EPERM)
    for flag in _NAMESPACES:
        refuse("clone", errno.EPERM, _Comparison(0, _MASKED_EQUAL, flag, flag))
    refuse("clone3", errno.ENOSYS)
    if os.geteuid() == 0:  # a runtime sets it for none; without it, an ordinary user has no filter
        check(library.seccomp_attr_set(rules, _NO_NEW_PRIVS, 0), "no_new_privs")
    check(library.seccomp_load(rules), "load")


def main(command: list[str]) -> NoReturn:
    """Become *command*, with the filter."""
    install()
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
