"""A wait that an exception of a handler has ended is taken up again."""

import contextlib

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)


def _wait(poller):
    while True:
        with contextlib.suppress(Exception):
            return honest.look(poller, None)


honest.wait = _wait
run = honest.run
