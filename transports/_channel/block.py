"""The block of a channel: what is done when the caller enters and leaves it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from transports._channel.protocol import Channel, check
from transports._channel.state import State
from transports._channel.waiting import Waiting
from transports._supervisor import Supervisor
from transports._supervisor.forked import forget, leave_to_parent


class Opened(Channel, Protocol):
    """The caller's side of a channel whose workers have been forked."""

    state: State

    def wake(self) -> None:
        """Wake the thread that sleeps in it, once the workers are dead."""


class Block(AbstractContextManager[Channel]):
    """The block of a channel.

    It is a class, not a generator: the code of `contextlib` runs while signals are delivered, and a
    handler that raises in it would put the clean-up off.  At the entry of `__exit__` one may raise
    all the same, before the first line.  Then the clean-up is done when the exception is dropped,
    and this object with it.

    make: makes the channel, and forks its workers.
    """

    def __init__(
        self, make: Callable[[Waiting], Opened], workers: int, timeout: float | None
    ) -> None:
        self._make = make
        self._workers = workers
        self._timeout = timeout

    def __enter__(self) -> Channel:
        check(self._workers)
        self._supervisor = supervisor = Supervisor(self._timeout, users_code=True)
        supervisor.__enter__()
        self.__class__ = _Entered
        self._channel: Opened | None = None
        try:
            self._channel = channel = self._make(Waiting(supervisor))
            leave_to_parent(channel.state)
            supervisor.signals.release()
            return channel
        except BaseException as error:
            try:
                supervisor.signals.hold()  # in C: no handler raises before
            finally:
                self.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        supervisor = self._supervisor
        try:
            supervisor.signals.hold()
        finally:
            try:
                self._close()
            finally:
                self.__class__ = Block
                supervisor.__exit__(kind, error, trace)

    def _close(self) -> None:
        if self._channel is not None:
            forget(self._channel.state)
            self._channel.state.close(self._end_workers)

    def _end_workers(self) -> None:
        for worker in self._supervisor.workers:
            worker.kill()
        if self._channel is not None:
            self._channel.wake()


class _Entered(Block):
    """A block that has not been left yet: a class of its own, or its end would cost each block.

    A handler may raise at the entry of `__del__` too, and that exception is lost.
    """

    def __del__(self) -> None:
        try:
            try:
                self._supervisor.signals.hold()
            finally:
                self.__exit__(None, None, None)
        except BaseException:  # noqa: BLE001, S110 - nothing can come out; one has come out before
            pass
