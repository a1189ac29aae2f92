"""netdata used much CPU time: it gave poll(2) a timeout of 1, which was meant to be a second.

It is a millisecond.  Here the caller waits in such steps.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/netdata/netdata/pull/3308"
CAUGHT_BY = ("D2",)


def _wait(poller):
    while not (ready := honest.look(poller, 1)):
        pass
    return ready


honest.wait = _wait
run = honest.run
