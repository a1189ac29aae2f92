"""A lifeline: a pipe by whose end children of a caller die with it.

prctl(2) PR_SET_PDEATHSIG does that for a run.  In a channel it is not enough: it acts when the
*thread* that forked ends, which may be before the caller does, and setuid(2) and the like, which a
worker may call, clear it.
"""

import os
import signal
from _thread import get_native_id

from transports._supervisor.child import die_with_parent
from transports._supervisor.forked import forget, leave_to_parent


class Lifeline:
    """The lifeline of this process, which alone holds its write end.

    It is there before its pipe is, so that nothing can come between the pipe and its owner.
    """

    def __init__(self) -> None:
        import fcntl  # noqa: F401, PLC0415 - for the children; each mapping makes forks dearer

        self._reader, self._writer = -1, -1
        self._caller = os.getpid()
        # Another thread may end while the caller lives. The first has the number of the process:
        # gettid(2).
        self._main = get_native_id() == self._caller

    def open(self) -> None:
        """Make the pipe; `close` is needed from then on, also if this raises."""
        leave_to_parent(self)
        self._reader, self._writer = os.pipe()

    def abandon(self) -> None:
        """Close the write end, in a child of whatever kind."""
        writer, self._writer = self._writer, -1
        if writer >= 0:
            os.close(writer)

    def close(self) -> None:
        """Close what this process holds of it; it may be called again."""
        forget(self)
        while (fd := max(self._reader, self._writer)) >= 0:
            if fd == self._reader:
                self._reader = -1
            else:
                self._writer = -1
            os.close(fd)

    def die_with_caller(self) -> None:
        """Make this process, a child of the caller, die with it."""
        killed = _killed_at_end_of(self._reader)
        die_with_parent(self._caller, by_thread=self._main, by_timer=not killed)


def _killed_at_end_of(pipe: int) -> bool:
    """Let the kernel kill this process when the last write end of *pipe* is closed, if it can.

    fcntl(2): with O_ASYNC, and F_SETSIG of Linux.  Both belong to an open file description, which
    all children inherit, so each opens the pipe anew.
    """
    import fcntl  # noqa: PLC0415 - it is there: see above

    try:
        own = os.open(f"/proc/self/fd/{pipe}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_RDONLY | os.O_NONBLOCK | os.O_ASYNC)
    except (AttributeError, OSError):  # not Linux, or no /proc
        return False
    return True
