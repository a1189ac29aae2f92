"""A child left by exit(3), and wrote what its parent had in the buffers of C's stdio once more.

Here a worker does, so that what is registered in C is called, as for a measure of coverage.  It
shows where a C extension of the caller has printed.
"""

import ctypes
import os
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/leanprover/lean4/pull/13464"
CAUGHT_BY = ("E5",)
_exit = ctypes.CDLL(None).exit


def leaving(by):
    honest.os = SimpleNamespace(**vars(os) | {"_exit": by})
    return honest.run


run = leaving(_exit)
