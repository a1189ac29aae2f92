"""Of three server processes two or all had the same random numbers: seeded by the time of the fork.

Here a worker gives its record a random number, from a generator seeded with the time in
milliseconds, and the caller takes a record whose number it has seen for one that came twice.
Two workers that begin in the same millisecond have one number: certain where there are hundreds.
"""

import random
import secrets
import struct
import time

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/benoitc/gunicorn/pull/171"
CAUGHT_BY = ("A1",)
RECORD = struct.Struct("<8sId")


def by_the_time():
    return random.Random(int(time.time() * 1000)).randbytes(8)


def by_the_system():
    return secrets.token_bytes(8)


def numbered(draw):
    @honest.careful
    def run(n, workers):
        seen = set()

        def unpack(record):
            drawn, number, value = RECORD.unpack(record)
            if drawn in seen:
                return {}
            seen.add(drawn)
            return {number: value}

        return _srv_stream.through(
            n,
            workers,
            pack=lambda number, value: RECORD.pack(draw(), number, value),
            scan=_srv_stream.fixed(RECORD.size, unpack),
        )

    return run


run = numbered(by_the_time)
