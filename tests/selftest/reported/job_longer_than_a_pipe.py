"""ProcessPoolExecutor: the caller hangs if a worker dies while a long job is being written to it.

The caller has the reading end open itself, so that no EPIPE comes. Here a job is the weights of its
terms, 8 bytes each: it does not fit into the pipe from 8192 terms on.
"""

import contextlib
import os
import signal
import types

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _carried

REPORT = "https://github.com/python/cpython/issues/94777"
CAUGHT_BY = ("C1",)
_WEIGHT = (1).to_bytes(8, "little")  # of a term
_bounds, _send = honest.bounds, honest.send


def _fork():
    lo, hi = next(_call.current().slices)
    with contextlib.ExitStack() as open_now:
        r, w = os.pipe()
        reader = open_now.enter_context(open(r, "rb", buffering=0))
        writer = open_now.enter_context(open(w, "wb", buffering=0))
        pid = os.fork()
        if pid == 0:
            writer.close()
            honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
            _call.current().job = _read(reader, len(_WEIGHT) * (hi - lo))
        else:
            _carried.write_all(w, memoryview(_WEIGHT * (hi - lo)))
    return pid


def _bounds_and_note(n, workers):
    _call.current().slices = iter(slices := _bounds(n, workers))
    return slices


def _send_what_was_read(fd, lo, hi):
    _send(fd, lo, lo + len(_call.current().job) // len(_WEIGHT))


@honest.careful
def run(n, workers):
    with _call.call():
        return honest.run(n, workers)


def _read(reader, size):
    data = bytearray()
    while len(data) < size and (more := reader.read(size - len(data))):
        data += more
    return bytes(data)


honest.bounds, honest.send = _bounds_and_note, _send_what_was_read
honest.os = types.SimpleNamespace(**{**vars(os), "fork": _fork})
