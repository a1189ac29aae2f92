"""Signals of the caller, around code that must not be left half done.

Handlers that the caller has set in Python can raise between any two bytecodes, also between a
system call and the assignment of its result.  So these signals are blocked in the calling thread
for as long as a supervisor has something to lose, and delivered while it sleeps.  (In a process
with more threads the kernel may hand a signal to another of them.)
"""

import signal

# The functions of the module `signal` are written in Python around these in C.  A handler may
# raise at the entry of a function in Python: before it has blocked anything.
from _signal import getsignal, pthread_sigmask  # type: ignore[import-not-found]
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import ParamSpec, TypeVar

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")

_SIGNALS = tuple(int(number) for number in signal.valid_signals())

_nothing: Callable[[], object] = int  # in C: no handler can run in it


class BlockedSignals:
    """The signals that have a handler in Python: to be blocked in this thread, and delivered.

    block, deliver: block them, or let them be delivered.  They are functions in C: the mask is
        changed first, then the handlers of what has come before are called, which may raise.
        After :meth:`release` *block* does nothing: in the block of a channel they are delivered.
    """

    def __init__(self) -> None:
        handled = [number for number in _SIGNALS if callable(getsignal(number))]
        self._handled = handled
        self._before = pthread_sigmask(signal.SIG_BLOCK, ())
        self.hold = partial(pthread_sigmask, signal.SIG_BLOCK, handled)
        """Block them, also after :meth:`release`."""
        self.deliver: Callable[[], object] = partial(
            pthread_sigmask, signal.SIG_SETMASK, self._before
        )
        self.block: Callable[[], object] = self.hold

    def release(self) -> None:
        """Let them be delivered from now on: `block` does nothing any more."""
        self.block = _nothing
        self.deliver()

    def without_interruption(self, call: Callable[..., _Result], *args: object) -> _Result:
        """Return ``call(*args)``, in which they are blocked, also after :meth:`release`.

        A handler may raise after the call, and its result is lost then.
        """
        if self.block is not _nothing:  # they are blocked
            return call(*args)
        try:
            self.hold()
            return call(*args)
        finally:
            self.deliver()

    def reset_in_worker(self) -> None:
        """Let the mask be that of the caller, in a worker; what the caller handles does nothing.

        Such a signal may reach the whole process group, as Ctrl-C does: the caller answers it, and
        may end the workers.  It is not ignored, for execve(2) would hand that on to the programs
        that a worker starts.
        """
        for number in self._handled:
            signal.signal(number, _do_nothing)
        self.deliver()


def _do_nothing(number: int, frame: FrameType | None) -> None:
    pass


def all_blocked(call: Callable[..., _Result], *args: object) -> _Result:
    """Return ``call(*args)``, in which this thread has every signal blocked."""
    before = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        return call(*args)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, before)


def without_sigpipe(write: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return *write*, so that writing to a closed pipe or socket raises EPIPE and sends no signal.

    CPython ignores SIGPIPE, which POSIX sends with that error.  The caller may have set another
    action; or it has blocked the signal, which would then stay pending.
    """
    ignored = signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    if ignored and signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        return write

    def quietly(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        mask = pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
            pending = signal.SIGPIPE in signal.sigpending()
            try:
                return write(*args, **options)
            finally:
                if not pending and signal.SIGPIPE in signal.sigpending():
                    signal.sigwait({signal.SIGPIPE})
        finally:
            pthread_sigmask(signal.SIG_SETMASK, mask)

    return quietly
