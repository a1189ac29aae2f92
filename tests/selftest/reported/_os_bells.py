"""A bell for each worker, which the caller rings when it has what the worker has made."""

import contextlib
import os


@contextlib.contextmanager
def bells(workers):
    """Give an eventfd(2) for each worker."""
    with contextlib.ExitStack() as stack:
        yield [_bell(stack) for _ in range(workers)]


def _bell(stack):
    fd = os.eventfd(0)
    stack.callback(os.close, fd)
    return fd


def wait_for(bell):
    os.read(bell, 8)  # os.eventfd_read does not call again after a signal
