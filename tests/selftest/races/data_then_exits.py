"""The caller looks for data, then for exits, and stops at the last exit: data came in between.

https://github.com/DOMjudge/domjudge/pull/468
"""

import functools
import os
import struct

from tests.selftest.defects import honest
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 61


def look(r, pids):
    data = _parts.read_all(r)
    pids.discard(os.waitpid(-1, 0)[0])
    return data


def through(look, n, workers):
    parent, pids, data = os.getpid(), set(), b""
    with _parts.pipe() as (r, w):
        try:
            for lo, hi in honest.bounds(n, workers):
                pid = os.fork()
                if pid == 0:
                    honest.child(parent, r, w, lo, hi)
                pids.add(pid)
            while pids:
                data += look(r, pids)
            return honest.combine(struct.unpack(f"{workers}d", data.ljust(8 * workers, b"\0")))
        finally:
            honest.end(pids)


run = honest.careful(functools.partial(through, look))
