"""A descriptor is left open when a worker has failed, and only then."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("B1",)


def _leave(pid, status, said):
    os.open(os.devnull, os.O_RDONLY)
    _lost(pid, status, said)


_lost, honest.lost = honest.lost, _leave
run = honest.run
