"""Workers are not reaped."""

import os

from tests.defects import honest

CAUGHT_BY = ("B1",)


def _receive(pids, readers):

    said = {r: os.read(r, 8) for r in readers}
    pids.clear()
    return said


honest.receive = _receive
run = honest.run
