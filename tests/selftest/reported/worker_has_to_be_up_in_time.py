"""celery: a worker that did not say within two seconds of its start that it is up was killed.

On a slow machine, or with much to load, none ever lived.  Here the caller gives its workers one
second.
"""

import mmap
import os
import signal
import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/celery/celery/issues/1715"
CAUGHT_BY = ("D3",)
LIMIT = 1.0  # seconds
_send, _watch = honest.send, honest.watch


def _send_up(fd, lo, hi):
    call = _call.current()
    call.up[len(call.born)] = 1
    _send(fd, lo, hi)


def _remember(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    call = _call.current()
    call.pids = pids
    call.born.append((pid, time.monotonic()))


def limited(limit):
    """Return run; limit: the seconds in which a worker has to be up, or None."""

    def late(call):
        """Give the pids of those that are not up yet, and the time at which they have to be."""
        lives = {pid for pid, _ in call.pids.values()}
        born = [pair for pair, up in zip(call.born, call.up[:], strict=True) if not up]
        born = [(pid, since) for pid, since in born if pid in lives]
        return [pid for pid, _ in born], max((since for _, since in born), default=0) + limit

    def wait(poller):
        call = _call.current()
        while limit is not None:
            pids, until = late(call)
            if not pids:
                break
            if ready := honest.look(poller, max(0.0, until - time.monotonic()) * 1000):
                return ready
            for pid in late(call)[0]:
                os.kill(pid, signal.SIGKILL)
            break
        return honest.look(poller, None)

    @honest.careful
    def run(n, workers):
        with mmap.mmap(-1, workers) as up, _call.call(up=up, born=[], pids={}):
            return honest.run(n, workers)

    honest.send, honest.watch, honest.wait = _send_up, _remember, wait
    return run


run = limited(LIMIT)
