"""The caller sleeps until all workers have sent, and then asks without end who has ended.

Where a worker is held at its exit, the other processes of the run never come to rest: D4.
"""

import select

from tests.selftest.defects import honest
from tests.selftest.reported import _call

CAUGHT_BY = ("D2", "D4")
_watch = honest.watch


def _watch_and_keep(pid, r, pids, open_now, poller):
    _call.current().pids = pids
    _watch(pid, r, pids, open_now, poller)


def _spin_when_all_have_sent(poller):
    pids = _call.current().pids
    unsent = {r for _, r in pids.values()}
    both = select.poll()
    for fd in unsent | set(pids):
        both.register(fd, select.POLLIN)
    while unsent:
        for fd, _ in honest.look(both, None):
            if fd in pids:
                return honest.look(poller)
            both.unregister(fd)
            unsent.discard(fd)
    while not (ready := honest.look(poller)):
        pass
    return ready


@honest.careful
def run(n, workers):
    with _call.call(pids={}):
        return honest.run(n, workers)


honest.watch, honest.wait = _watch_and_keep, _spin_when_all_have_sent
