"""A ring in shared memory gave torn messages: the version was looked at before the copy alone.

Here a worker writes two messages to its block, that it has begun, and its sum.  The version is odd
while it writes.  The caller, which both messages wake, looks at the version and copies the block,
and takes a sum once.  Where the second message comes during the copy, it takes the state of the
second with the sum of the first, 0: one run of twelve workers in some four hundred.
"""

import contextlib
import os
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/rezabrizi/AtomicRing/issues/4"
CAUGHT_BY = ("A2",)
MISSED = "a race in memory alone, without a call between: the gate orders calls"
BEGUN, DONE = 1, 2
SIZE = 24  # bytes: the version, the sum, the state


def _write(memory, start, state, value):
    (version,) = struct.unpack_from("@Q", memory, start)
    struct.pack_into("@Q", memory, start, version + 1)
    struct.pack_into("@d", memory, start + 8, value)
    struct.pack_into("@Q", memory, start + 16, state)
    struct.pack_into("@Q", memory, start, version + 2)


def _version(memory, start):
    return struct.unpack_from("@Q", memory, start)[0]


def copied(memory, start):
    """Give the version before the copy, and the block."""
    before = _version(memory, start)
    (value,) = struct.unpack_from("@d", memory, start + 8)
    (state,) = struct.unpack_from("@Q", memory, start + 16)
    return before, value, state


def through(n, workers, is_whole):
    """Run; is_whole(version, now): the versions before and after the copy."""
    with _base.ticks(SIZE * workers) as memory, contextlib.ExitStack() as stack:
        bell, rope = os.pipe()
        stack.callback(os.close, bell)
        stack.callback(os.close, rope)
        sums = {}

        def work(number, value):
            for state, amount in ((BEGUN, 0.0), (DONE, value)):
                _write(memory, SIZE * number, state, amount)
                os.write(rope, b"!")

        def take(fd):
            if fd is not None:
                os.read(bell, 4096)
            written = [number for number, version in enumerate(memory[::SIZE]) if version]
            for number in {*written} - {*sums}:
                before, value, state = copied(memory, SIZE * number)
                if is_whole(before, _version(memory, SIZE * number)) and state == DONE:
                    sums[number] = value
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda version, now: version % 2 == 0)
