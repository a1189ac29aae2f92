"""O_NONBLOCK is set on the standard streams, which other programs of the terminal share, and stays.

Here the caller sets it on descriptors 0 to 2 at each run.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/twisted/twisted/issues/3442"
CAUGHT_BY = ("E6",)


def not_blocking(descriptors):
    """Return run, which sets O_NONBLOCK on descriptors."""

    def run(n, workers):
        honest.check(n, workers)
        for fd in descriptors:
            with contextlib.suppress(OSError):  # it is closed
                os.set_blocking(fd, False)
        return honest.run(n, workers)

    return run


run = not_blocking((0, 1, 2))
