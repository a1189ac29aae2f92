"""The guardian: a process that removes what has a name, should the caller be killed.

An object in the file system, a message queue, shared memory: each lives by its name and
outlives the processes that use it.  Whoever is killed with SIGKILL removes nothing.
"""

import contextlib
import os
import select
from collections.abc import Callable, Iterator

from transports._supervisor.child import LOOK, Child
from transports._supervisor.signals import without_sigpipe
from transports._supervisor.supervisor import Supervisor

_WORKERS_END = 1.0  # seconds for the workers to end, after their caller


@contextlib.contextmanager
def guard(supervisor: Supervisor, remove: Callable[[], None]) -> Iterator[None]:
    """Call *remove* on leaving, or when the caller is dead, in a process of its own.

    For an object that lives by its name: enter before it is made, leave once its name
    may go, at the end of the run or, with a mechanism that works on without its name,
    at once.  *remove* must not mind that there is nothing to remove.

    The guardian sleeps until the caller is dead, by whatever signal.  If *remove* fails in the
    caller, the guardian is asked to do it; if it succeeds, the guardian is killed.  In a child
    that somebody forked meanwhile, leaving does nothing.
    """
    reader, writer = supervisor.pipe()

    def wait() -> None:
        os.close(writer)
        _wait_for_end(supervisor.caller, reader)
        remove()

    guardian = supervisor.start_helper(wait, outlives=True)
    supervisor.cleanup.callback(_let_remove, guardian, writer)
    supervisor.close(reader)
    try:
        yield
    finally:
        if os.getpid() == supervisor.caller:
            try:
                remove()
            except Exception:  # noqa: BLE001 - short of descriptors, perhaps, which it is not
                _let_remove(guardian, writer)
            else:
                guardian.dismiss()
            supervisor.ignore(guardian.sentinel)
            supervisor.close(writer)


def _let_remove(guardian: Child, writer: int) -> None:
    """Ask the guardian to remove what it guards, unless that was done, and wait for its end."""
    if guardian.dismissed:
        guardian.kill()  # again: something may have broken in
    elif not guardian.reaped:
        with contextlib.suppress(BrokenPipeError):
            without_sigpipe(os.write)(writer, b"!")
    guardian.reap()


def _wait_for_end(caller: int, pipe: int) -> None:
    """Return when *caller*, the parent, is dead, or when something comes through *pipe*.

    Its workers, which hold the write end too, are killed then, and get a second to end.  Others may
    hold it for longer: children that somebody forked meanwhile.
    """
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    sentinel = -1
    with contextlib.suppress(AttributeError, OSError):
        sentinel = os.pidfd_open(caller)
        poller.register(sentinel, select.POLLIN)
    look = None if sentinel >= 0 else LOOK * 1000
    called = False
    while not called and os.getppid() == caller:
        called = any(fd == pipe for fd, _ in poller.poll(look))
    if sentinel >= 0:
        poller.unregister(sentinel)
        os.close(sentinel)  # descriptors may be short
    if not called:
        poller.poll(_WORKERS_END * 1000)


def random_name() -> str:
    """Return a name that nobody can guess or hold already: 104 random bits.

    31 characters in all with the slash of a POSIX object: PSHMNAMLEN of macOS and the BSDs.
    """
    return "ipc-" + os.urandom(13).hex()
