"""What a child finds that somebody forked while a channel was open: it belongs to the parent.

The child may be of os.fork or multiprocessing, of another thread, or a worker of a later channel.
"""

import os
from functools import cache
from typing import Protocol
from weakref import WeakSet


class Abandoned(Protocol):
    """What is to be left alone in a child."""

    def abandon(self) -> None:
        """Give up what the parent alone may hold or use."""


# Weak references: what an exception of a handler has kept from being forgotten can go all the same.
_open: WeakSet[Abandoned] = WeakSet()


def leave_to_parent(thing: Abandoned) -> None:
    """Call ``thing.abandon()`` in each child that is forked until :func:`forget`."""
    _register()
    _open.add(thing)


def forget(thing: Abandoned) -> None:
    """Undo :func:`leave_to_parent`."""
    _open.discard(thing)


def _abandon_all() -> None:
    while _open:
        _open.pop().abandon()


@cache
def _register() -> None:
    # At the first channel: a hook makes every fork of the process a little dearer.
    os.register_at_fork(after_in_child=_abandon_all)
