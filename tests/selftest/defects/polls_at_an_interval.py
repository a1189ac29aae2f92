"""The caller asks every fifty milliseconds."""

import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D2",)


def _doze(poller):
    while not (ready := honest.look(poller)):
        time.sleep(0.05)
    return ready


honest.wait = _doze
run = honest.run
