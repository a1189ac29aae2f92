"""nipype waited for an event that had come before it was cleared: the workflow never ended.

The caller looks for results, and then empties the bell by which workers say that there is one.
What is rung in between is lost: the caller sleeps, and the worker waits for it.  It takes the
last worker to ring in these few microseconds: one run in some hundred hangs.
"""

import contextlib
import os
import struct

from tests.selftest.defects import _base
from tests.selftest.reported import _os_bells

REPORT = "https://github.com/nipy/nipype/pull/1755"
CAUGHT_BY = ("A2",)


def through(n, workers, in_order):
    """Run; in_order(look, clear) calls both, and returns what look returns."""
    bell, rope = os.pipe()
    os.set_blocking(bell, False)
    try:
        with _base.ticks(16 * workers) as memory, _os_bells.bells(workers) as taken:

            def work(number, value):
                struct.pack_into("<d", memory, 16 * number, value)
                memory[16 * number + 8] = 1
                os.write(rope, b"!")
                _os_bells.wait_for(taken[number])

            def look():
                sums = {}
                for number in range(workers):
                    if memory[16 * number + 8] == 1:
                        memory[16 * number + 8] = 2
                        sums[number] = struct.unpack_from("<d", memory, 16 * number)[0]
                        os.eventfd_write(taken[number], 1)
                return sums

            def clear():
                with contextlib.suppress(BlockingIOError):
                    os.read(bell, 4096)

            def take(fd):
                return {} if fd is None else in_order(look, clear)

            return _base.total(_base.gather(n, workers, work, take, bell))
    finally:
        os.close(bell)
        os.close(rope)


def _look_and_clear(look, clear):
    sums = look()
    clear()
    return sums


@_base.careful
def run(n, workers):
    return through(n, workers, _look_and_clear)
