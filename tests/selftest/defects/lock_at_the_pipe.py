"""Workers send one after the other, by a lock; the caller takes it too when one has died."""

import multiprocessing

from tests.selftest.defects import honest
from tests.selftest.reported import _call

CAUGHT_BY = ("C1", "C3", "C4", "C5", "C12")
_lost = honest.lost


def _one_by_one(fd, lo, hi):
    message = honest.pack(honest.term_sum(lo, hi))
    with _call.current().lock:
        while message:
            message = message[honest.os.write(fd, message) :]


def _after_the_others(pid, status, said):
    with _call.current().lock:
        return _lost(pid, status, said)


@honest.careful
def run(n, workers):
    with _call.call(lock=multiprocessing.get_context("fork").Lock()):
        return honest.run(n, workers)


honest.send, honest.lost = _one_by_one, _after_the_others
