"""A master had all results, and waited for ever until each worker had said that it shuts down.

One that was gone said nothing.  Here a worker sends its sum, and then a byte by a pipe that all
share.  Whose sum has come is not asked how it ended, but the caller waits for all of these bytes.
"""

import os
import select

from tests.selftest.defects import honest
from tests.selftest.reported import _born, _call

REPORT = "https://github.com/mschubert/clustermq/issues/40"
CAUGHT_BY = ("C5", "C6")
_combine, strict = honest.combine, honest.take


def _take(pids, said, poller, ready):
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids.pop(over)
        status = honest.reap(pid)
        said[r] = honest.drain(r)
        if len(said[r]) != 8:
            honest.lost(pid, status, said[r])


def _hear_all(bell, workers):
    poller = select.poll()
    poller.register(bell, select.POLLIN)
    while workers:
        honest.wait(poller)
        workers -= len(os.read(bell, workers))


def ending(take, hear):
    """Return run; take: of honest; hear(bell, workers): done when all sums have come."""

    def combine(sums):
        call = _call.current()
        hear(call.bell, call.workers)
        return _combine(sums)

    @honest.careful
    def run(n, workers):
        bell, rope = os.pipe()
        try:
            with _call.call(bell=bell, rope=rope, workers=workers):
                return inner(n, workers)
        finally:
            os.close(bell)
            os.close(rope)

    inner = _born.born(
        _born.killed_with_it,
        _born.with_a_parent,
        after=lambda parent: os.write(_call.current().rope, b"!"),
    )
    honest.take, honest.combine = take, combine
    return run


run = ending(_take, _hear_all)
