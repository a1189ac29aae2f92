"""The caller asks without end."""

from tests.selftest.defects import honest

CAUGHT_BY = ("D2",)


def _spin(poller):
    while not (ready := honest.look(poller)):
        pass
    return ready


honest.wait = _spin
run = honest.run
