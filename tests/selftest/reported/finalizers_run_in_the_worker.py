"""Twisted: finalizers of objects of the program ran in the child too, by its garbage collector.

A child of fork(2) has a copy of all garbage.  Here a worker collects it before it begins, so as to
have the memory.
"""

import gc

from tests.selftest.defects import honest

REPORT = "https://github.com/twisted/twisted/issues/2483"
CAUGHT_BY = ("E5",)
_send = honest.send


def beginning(begin):
    """Return run; begin: called by each worker."""

    def begin_and_send(fd, lo, hi):
        begin()
        _send(fd, lo, hi)

    honest.send = begin_and_send
    return honest.run


run = beginning(gc.collect)
