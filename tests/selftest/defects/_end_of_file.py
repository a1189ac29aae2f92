"""A caller that reads the pipes of its workers, and takes the end of file for their death."""

import os
import select

from tests.selftest.defects import honest


def _watch(pid, r, pids, open_now, poller):
    pids[r] = pid, r
    poller.register(r, select.POLLIN)


def install(goes_on):
    """Let honest wait for the end of file of a worker where goes_on(data, what it has said)."""

    def take(pids, said, poller, ready):
        for r, _ in ready:
            data = os.read(r, 512)
            said[r] += data
            if goes_on(data, said[r]):
                continue
            poller.unregister(r)
            pid, _ = pids.pop(r)
            status = honest.reap(pid)
            if status or len(said[r]) != 8:
                said[r] = honest.lost(pid, status, said[r])

    honest.watch, honest.take = _watch, take
    return honest.run
