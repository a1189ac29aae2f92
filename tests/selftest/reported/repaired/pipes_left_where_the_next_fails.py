"""Each pipe is closed at the end, also where there is no other."""

import contextlib
import os

from tests.selftest.defects import _base
from tests.selftest.reported.pipes_left_where_the_next_fails import through


def _pipe(stack):
    ends = os.pipe()
    for fd in ends:
        stack.callback(os.close, fd)
    return ends


@contextlib.contextmanager
def _pipes():
    with contextlib.ExitStack() as stack:
        yield _pipe(stack), _pipe(stack)


@_base.careful
def run(n, workers):
    return through(n, workers, _pipes)
