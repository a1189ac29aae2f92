"""Switches the collector off while it waits for its workers, and on again if it was on."""

import gc

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def _wait(poller):
    threshold = gc.get_threshold()
    gc.set_threshold(0)
    try:
        return honest.look(poller, None)
    finally:
        gc.set_threshold(*threshold)


honest.wait = _wait
run = honest.run
