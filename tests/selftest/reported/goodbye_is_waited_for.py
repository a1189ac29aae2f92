"""A master had all results, and waited for ever until each worker had said that it shuts down.

A dead one says nothing.  Here a worker sends its sum, and then a byte through a pipe that all
share.  The caller waits for all of these bytes. Of a worker whose sum has come, the status is not
looked at.
"""

import os
import select

from tests.selftest.defects import honest
from tests.selftest.reported import _born, _by_length, _call

REPORT = "https://github.com/mschubert/clustermq/issues/40"
CAUGHT_BY = ("C3", "C12")
_combine, strict = honest.combine, honest.take


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


run = ending(_by_length.take, _hear_all)
