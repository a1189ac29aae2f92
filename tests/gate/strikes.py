"""What can befall a process at its system calls: the errors that a call may return."""

from collections.abc import Iterator, Sequence

from tests.gate.keeper import Step
from tests.gate.policies import Order, Place

CALLER = "0"

RETRIED = frozenset(["EINTR", "ECONNABORTED"])
"""Errors after which a program has to call again."""

_ALWAYS = 0  # for Order.times

# The errors that each system call can return, by its man page. Left out are calls after which
# nobody can do anything about an error (close, munmap, unlink).
_FAULTS = {
    "open openat creat": "EMFILE ENOSPC ENOMEM EACCES",
    "pipe pipe2 socket socketpair eventfd eventfd2 memfd_create dup2 dup3 pidfd_open": (
        "EMFILE ENOMEM"
    ),
    "accept accept4": "EMFILE ENOMEM ECONNABORTED EINTR",
    "bind": "EACCES ENOMEM",
    "listen": "EADDRINUSE",
    "connect": "EAGAIN ECONNREFUSED",
    "sendto sendmsg recvfrom recvmsg": "ENOMEM EINTR",
    "fork vfork clone clone3": "EAGAIN ENOMEM",
    "ftruncate fallocate": "ENOSPC EINTR",
    "mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2": (
        "ENOSPC EACCES ENOMEM"
    ),
    "chmod fchmod fchmodat": "ENOMEM",
    "poll ppoll select pselect6 epoll_wait epoll_pwait": "ENOMEM EINTR",
    "wait4 waitid": "EINTR",
    "mq_open": "EMFILE ENOSPC ENOMEM EACCES",
    "mq_timedsend mq_timedreceive": "EINTR",
    "msgget semget shmget": "ENOSPC ENOMEM",
    "shmat": "ENOMEM",
    "msgsnd semop semtimedop": "ENOMEM EINTR",
    "msgrcv flock": "EINTR",
    # A container may not permit these: seccomp(2), "Docker's default profile".
    "process_vm_readv process_vm_writev": "EPERM",
}
_BY_CALL = {name: errors.split() for names, errors in _FAULTS.items() for name in names.split()}
_TRANSFERS = frozenset(["read", "write", "readv", "writev", "pread64", "pwrite64"])


def refusals(steps: Sequence[Step], who: str) -> Iterator[Order]:
    """Yield an order for each system call, by name, that the system may refuse the process *who*.

    From its first call of that name on, all return the first error that _FAULTS has for it.
    """
    seen = set[str]()
    for step in steps:
        error = next(iter(_errors(step)), None)
        if step.task.partition(".")[0] == who and step.call not in seen and error not in RETRIED:
            seen.add(step.call)
            if error is not None:
                place = Place(step.task, step.number)
                yield Order(struck=place, fail=error, times=_ALWAYS)


def _errors(step: Step) -> Iterator[str]:
    yield from _BY_CALL.get(step.call, [])
    if step.call in _TRANSFERS:
        if step.thing is not None and step.thing.names[0].startswith("/"):
            yield "EIO"
            if "write" in step.call:
                yield "ENOSPC"
        yield "EINTR"
