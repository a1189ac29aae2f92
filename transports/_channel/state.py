"""Who may use a channel: one thread at a time, in its block and process, while it is whole."""

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")

_SPARES = 8  # generators
_LEAVE = 1.0  # seconds for another thread to leave a channel whose workers are dead
_NAP = 1e-3  # seconds between two looks for that


class State:
    """The state of the caller's side of a channel.

    taken: whether no use may begin.  A use sets it and resets it at its end.  Both are single
        steps of the interpreter, so whatever breaks in finds the one or the other.
    closed: whether the block is being left, or was.
    broken_by: what broke into a use and left it half done; `taken` stays set then.
    """

    def __init__(self) -> None:
        self.taken = False
        self.closed = False
        self.broken_by: BaseException | None = None
        self._abandoned = False

    def refusal(self) -> Exception:
        """Return the error of a use that may not begin."""
        if self.closed:
            return ValueError("the block of this channel is over")
        if self._abandoned:
            return RuntimeError("this channel belongs to the process that has forked this one")
        if self.broken_by is not None:
            what = f"this channel is broken: {type(self.broken_by).__name__} broke into its use"
            error = RuntimeError(what)
            error.__cause__ = self.broken_by
            return error
        return RuntimeError(
            "this channel is in use: by another thread, or by what a handler has interrupted"
        )

    def abandon(self) -> None:
        """Refuse every use in a child that was forked meanwhile."""
        self.taken = self._abandoned = True

    def close(self, end: Callable[[], object]) -> None:
        """Refuse every use from now on; wait until another thread has left the channel.

        end: called if there is one: ends what it may wait for.
        """
        self.closed = True
        until = math.inf
        while self.taken and self.broken_by is None and not self._abandoned:
            if until == math.inf:
                until = time.monotonic() + _LEAVE
                end()
            elif time.monotonic() > until:
                break
            time.sleep(_NAP)
        self.taken = True
        self.broken_by = None  # and the frames of its traceback


# Where an iteration is when an exception comes out of it.
AWAY = 0  # the caller has a message; it may do with the channel what it likes
SAFE = 1  # nothing is half done: the iteration can be taken up again
BUSY = 2  # something is: the channel is broken


class Resumable(Generic[_Item]):
    """An iterator that can be used further after an exception, which a generator cannot.

    items: the iterator.  It goes from one generator of *make* to the next, all in C: no handler
        can end it.
    """

    def __init__(self, make: Callable[[], Iterator[_Item]]) -> None:
        self._make = make
        # A handler may raise before the first line of a generator, which then makes no other.
        self._parts = [make() for _ in range(_SPARES)]
        self.items: Iterator[_Item] = itertools.chain.from_iterable(self._parts)

    def go_on(self) -> None:
        """Have further generators: called by each at its start."""
        self._parts += (self._make(), self._make())

    def end(self) -> None:
        """Have no further generator: called by the one that has yielded the last item."""
        self._parts.clear()


def saved(
    found: list[_Item] | deque[_Item], call: Callable[..., _Item], *args: object
) -> Iterator[None]:
    """Return an iterator: each ``next`` of it appends ``call(*args)`` to *found*.

    If *call* is a function in C, no handler can raise between its return and that.
    """
    return map(found.append, map(call, *map(itertools.repeat, args)))
