"""The place of a worker is not given back where its fork fails."""

import errno
import os
from types import SimpleNamespace

from tests.selftest.defects import honest

CAUGHT_BY = ("C13",)
_lost = []


def _fork():
    if _lost:
        raise BlockingIOError(errno.EAGAIN, "all places are taken")
    try:
        return os.fork()
    except OSError:
        _lost.append(1)
        raise


honest.os = SimpleNamespace(**vars(os) | {"fork": _fork})
run = honest.run
