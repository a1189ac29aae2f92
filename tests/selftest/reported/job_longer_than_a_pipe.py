"""ProcessPoolExecutor: the caller hangs if a worker dies while a long job is being written to it.

The caller has the reading end open itself, so that no EPIPE comes. Here a job is the weights of its
terms, 8 bytes each: it does not fit into the pipe from 8192 terms on.
"""

import contextlib
import os
import types

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _carried

REPORT = "https://github.com/python/cpython/issues/94777"
CAUGHT_BY = ("C1",)
_WEIGHT = (1).to_bytes(8, "little")  # of a term
_bounds, _send = honest.bounds, honest.send


def sent_by_a_pipe(*, reader_open):
    """Return run.

    reader_open: whether the caller has the reading end open while it writes.
    """

    def fork():
        lo, hi = next(_call.current().slices)
        with contextlib.ExitStack() as open_now:
            r, w = os.pipe()
            reader = open_now.enter_context(open(r, "rb", buffering=0))
            writer = open_now.enter_context(open(w, "wb", buffering=0))
            pid = os.fork()
            if pid == 0:
                writer.close()
                _call.current().reader = reader
                open_now.pop_all()
            else:
                if not reader_open:
                    reader.close()
                with contextlib.suppress(BrokenPipeError):
                    _carried.write_all(w, memoryview(_WEIGHT * (hi - lo)))
        return pid

    def bounds(n, workers):
        _call.current().slices = iter(slices := _bounds(n, workers))
        return slices

    def send(fd, lo, hi):
        job = _read(_call.current().reader, len(_WEIGHT) * (hi - lo))
        _send(fd, lo, lo + len(job) // len(_WEIGHT))

    @honest.careful
    def run(n, workers):
        with _call.call():
            return honest.run(n, workers)

    honest.bounds, honest.send = bounds, send
    honest.os = types.SimpleNamespace(**{**vars(os), "fork": fork})
    return run


def _read(reader, size):
    data = bytearray()
    while len(data) < size and (more := reader.read(size - len(data))):
        data += more
    return bytes(data)


run = sent_by_a_pipe(reader_open=True)
