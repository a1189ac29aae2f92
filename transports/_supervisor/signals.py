"""Signals of the caller, around code that must not be left half done.

Handlers that the caller has set in Python can raise between any two bytecodes, also between a
system call and the assignment of its result.  So these signals are blocked in the calling thread
for as long as a supervisor has something to lose, and delivered while it sleeps.  (In a process
with more threads the kernel may hand a signal to another of them.)
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")

_NOTHING_TO_DO = contextlib.nullcontext()  # they are blocked already
_SIGNALS = tuple(int(number) for number in signal.valid_signals())


class BlockedSignals:
    """The signals that have a handler in Python, blocked in this thread from its creation on."""

    def __init__(self) -> None:
        self._all = [s for s in _SIGNALS if callable(signal.getsignal(s))]
        self._handled = self._all  # those that block() blocks
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._all)

    def deliver(self) -> None:
        """Let them be delivered."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def block(self) -> None:
        """Block them again, unless they are to be delivered for a whole block of code."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._handled)

    @contextlib.contextmanager
    def delivered(self) -> Iterator[None]:
        """Let them be delivered for as long as the block lasts: `block` does nothing there."""
        handled, self._handled = self._handled, []
        try:
            self.deliver()
            yield
        finally:
            self._handled = handled
            self.block()

    def held_back(self) -> contextlib.AbstractContextManager[None]:
        """Block them for as long as the block lasts, also where they are delivered otherwise."""
        return _NOTHING_TO_DO if self._handled is self._all else self._held_back()

    @contextlib.contextmanager
    def _held_back(self) -> Iterator[None]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._all)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def without_sigpipe(write: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return *write*, so that writing to a closed pipe or socket raises EPIPE and sends no signal.

    CPython ignores SIGPIPE, which POSIX sends with that error.  The caller may have set another
    action; or it has blocked the signal, which would then stay pending.
    """
    ignored = signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    if ignored and signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        return write

    def quietly(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        pending = signal.SIGPIPE in signal.sigpending()
        try:
            return write(*args, **options)
        finally:
            if not pending and signal.SIGPIPE in signal.sigpending():
                signal.sigwait({signal.SIGPIPE})
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return quietly
