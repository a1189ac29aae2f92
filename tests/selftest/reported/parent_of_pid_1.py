"""A worker whose parent has pid 1 takes it for dead, and ends: so does each in a container.

Here a worker compares os.getppid() with 1.  It is seen where the caller itself is pid 1.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/sgl-project/sglang/pull/31361"
CAUGHT_BY = ("E4",)
_send = honest.send


def ending(is_orphan):
    """Return run, whose workers end if is_orphan()."""

    def send(fd, lo, hi):
        if is_orphan():
            os._exit(1)
        _send(fd, lo, hi)

    honest.send = send
    return honest.run


run = ending(lambda: os.getppid() == 1)
