"""What both kinds of channel share: what a worker and the caller have of one."""

import errno
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

import kernel

Message: TypeAlias = bytes | bytearray
Given: TypeAlias = bytes | bytearray | memoryview

END = 2**64 - 1  # in the place of a size: the worker has no more messages


class Link(Protocol):
    """What a worker has of a channel."""

    worker: int
    """Its number, from 0."""

    def send(self, data: Given) -> None:
        """Send a message to the caller; wait while the channel is full."""

    def receive(self) -> Message:
        """Wait for the next message from the caller, if the channel is duplex."""


class Channel(Protocol):
    """What the caller has of a channel."""

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        """Yield (worker, message) as they come, until every worker has ended."""

    def send(self, worker: int, data: Given) -> None:
        """Send a message to *worker*, if the channel is duplex."""


Work: TypeAlias = Callable[[Link], None]


def check(workers: int) -> None:
    """Raise TypeError or ValueError unless *workers* is an int of at least 1."""
    kernel.slices(0, workers)


def broken_link(error: BaseException) -> RuntimeError:
    """Return the error of a worker that goes on after *error* has broken into its use of a link."""
    refusal = RuntimeError(f"this link is broken: {type(error).__name__} broke into its use")
    refusal.__cause__ = error
    return refusal


def no_worker(worker: object, workers: int) -> Exception:
    """Return the error for a message to a worker that there is not."""
    if not isinstance(worker, int):
        return TypeError(f"a worker is an int, not {worker!r}")
    return IndexError(f"there is no worker {worker}: they are 0 to {workers - 1}")


def gone(worker: int) -> BrokenPipeError:
    """Return the error for a message to a worker that has ended."""
    return BrokenPipeError(errno.EPIPE, f"worker {worker} has ended")


def one_direction() -> NotImplementedError:
    """Return the error for a message to a worker through a channel that is not duplex."""
    return NotImplementedError("this channel has one direction: open it with duplex=True")
