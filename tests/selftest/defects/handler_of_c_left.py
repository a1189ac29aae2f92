"""C code of its own ignores a signal, which the module signal of Python does not know of."""

import ctypes
import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("E2",)
SIGNAL = ctypes.CDLL(None).signal


def run(n, workers):
    honest.check(n, workers)
    SIGNAL(int(signal.SIGWINCH), ctypes.c_void_p(int(signal.SIG_IGN)))
    return honest.run(n, workers)
