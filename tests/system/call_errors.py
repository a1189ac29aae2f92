"""The errors that each system call can return, by its man page."""

RETRIED = frozenset(["EINTR", "ECONNABORTED"])
"""Errors after which a program has to call again."""

PASSING = frozenset([("connect", "EAGAIN")])
"""Calls, and errors after which a program may call again for as long as they come.

They are over when another process goes on: unix(7), where the backlog of a listener is full.
"""

_TRANSFERS = frozenset(["read", "write", "readv", "writev", "pread64", "pwrite64"])

# Left out are calls after which nobody can do anything about an error (close, munmap, unlink), and
# errors that a filter cannot imitate: the kernel completes an interrupted connect by
# itself, and interrupts only the open of a FIFO or a device.
_ERRORS = {
    "open openat creat": "EMFILE ENOSPC ENOMEM EACCES",
    "pipe pipe2 socket socketpair eventfd eventfd2 epoll_create1 memfd_create pidfd_open": (
        "EMFILE ENOMEM"
    ),
    "dup dup2 dup3": "EMFILE ENOMEM",
    "accept accept4": "EMFILE ENOMEM ECONNABORTED EINTR",
    "bind": "EACCES ENOMEM",
    "listen": "EADDRINUSE",
    "connect": "EAGAIN ECONNREFUSED",
    "sendto sendmsg recvfrom recvmsg": "ENOMEM EINTR",
    "fork vfork clone clone3": "EAGAIN ENOMEM",
    "mmap mremap brk": "ENOMEM",
    "ftruncate fallocate": "ENOSPC EINTR",
    "mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2": (
        "ENOSPC EACCES ENOMEM"
    ),
    "chmod fchmod fchmodat": "ENOMEM",
    "poll ppoll select pselect6 epoll_wait epoll_pwait": "ENOMEM EINTR",
    "wait4 waitid": "EINTR",
    "getrandom": "EINTR",
    "mq_open": "EMFILE ENOSPC ENOMEM EACCES",
    "mq_timedsend mq_timedreceive": "EINTR",
    "msgget semget shmget": "ENOSPC ENOMEM",
    "shmat": "ENOMEM",
    "msgsnd semop semtimedop": "ENOMEM EINTR",
    "msgrcv flock": "EINTR",
    # A container may not permit these: seccomp(2), "Docker's default profile".
    "process_vm_readv process_vm_writev": "EPERM",
}
_EVENT = "anon_inode:[eventfd]"
_BY_CALL = {name: errors.split() for names, errors in _ERRORS.items() for name in names.split()}


def errors_of(call: str, target: str) -> list[str]:
    """Return the names of the errors that a call may return, none for one that is not known here.

    target: the path of the file that its descriptor refers to, "" where it is none.
    """
    if call not in _TRANSFERS:
        return _BY_CALL.get(call, [])
    if target == _EVENT and "write" in call:
        return []  # it waits, and so is interrupted, only where the counter is full: eventfd(2)
    if target.startswith("/") and not target.startswith("/dev/"):
        return ["EIO", "EINTR"] + ["ENOSPC"] * ("write" in call)
    return ["EINTR"]
