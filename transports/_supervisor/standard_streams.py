"""The standard streams of a caller: what is buffered in them, and descriptors that are closed."""

import contextlib
import os
import sys
from collections.abc import Callable


def flush() -> None:
    """Write what was printed: a worker exits by os._exit, which does not."""
    for stream in (sys.stdout, sys.stderr):
        # None, closed, no file, a full disk: it is not ours to complain.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.flush()


def fill(own: Callable[[int], int]) -> None:
    """Open /dev/null for each that the caller has closed, and let *own* close it at the end.

    A channel that took the place of one would be written to by whatever prints.
    """
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            own(os.open(os.devnull, os.O_RDWR))  # the lowest that is free: this one
