"""A worker was killed while it held the lock of a ring buffer: the others waited for it for ever.

The pool waited for these.  Here the caller lets the other workers end by themselves when one has
died, and raises its error then.  Each adds to a total in shared memory, under a semaphore.
"""

import select

from tests.selftest.defects import _base, _memory, honest
from tests.selftest.reported import _call

REPORT = "https://github.com/birdnet-team/birdnet/issues/73"
CAUGHT_BY = ("C4", "C12")
_blame, _watch = _base.blame, honest.watch


def _remember(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.current().pids = pids


def _when_all_have_ended(number, pid, status, text):
    poller = select.poll()
    left = list(_call.current().pids)
    for over in left:
        poller.register(over, select.POLLIN)
    while left:
        for over, _ in honest.wait(poller):
            poller.unregister(over)
            left.remove(over)
    return _blame(number, pid, status, text)


@_base.careful
def adding(n, workers):
    with (
        _memory.unnamed_memory(32 + workers) as memory,
        _memory.unnamed_semaphore() as semaphore,
        _call.call(pids={}),
    ):
        return _memory.added(memory, semaphore, n, workers)


def blaming(blame):
    """Return run; blame: makes the error of a dead worker, while the others live."""
    _base.blame, honest.watch = blame, _remember
    return adding


at_once = _blame
run = blaming(_when_all_have_ended)
