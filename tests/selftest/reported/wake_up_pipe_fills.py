"""ProcessPoolExecutor: each submit writes a wake-up to a pipe; when that is full, nobody reads it.

Here the caller submits all slices, with a wake-up of 128 bytes for each, before it reads the first.
A pipe holds 64 KiB (pipe(7)): with more than 512 workers the caller waits for itself.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/105829"
CAUGHT_BY = ("D1",)
_WAKE_UP = bytes(128)


def woken(*, blocking):
    """Return run.

    blocking: whether a wake-up waits for room in the pipe.
    """

    @honest.careful
    def run(n, workers):
        bell, rope = os.pipe()
        try:
            os.set_blocking(rope, blocking)
            for _ in range(workers):
                with contextlib.suppress(BlockingIOError):
                    os.write(rope, _WAKE_UP)
            os.read(bell, 65536)
            return honest.run(n, workers)
        finally:
            os.close(bell)
            os.close(rope)

    return run


run = woken(blocking=True)
