"""The first queue is closed on every way out, from when it is there."""

import contextlib

from tests.selftest.defects import _base, _mqueue
from tests.selftest.reported import first_queue_left_where_the_second_fails as bug


@contextlib.contextmanager
def _pair():
    with _mqueue.unnamed() as first, _mqueue.unnamed() as second:
        yield first, second


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _pair)
