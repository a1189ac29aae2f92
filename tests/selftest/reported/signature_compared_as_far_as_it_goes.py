"""A library compared two signatures up to the end of the shorter one: an empty one was good.

Here the results come by a System V queue: a number, a sum and a digest, of which there may be less
than there should be.
"""

import struct

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/standard-webhooks/standard-webhooks/pull/115"
CAUGHT_BY = ("G5", "G2")


def _up_to_the_shorter(given, right):
    difference = 0
    for a, b in zip(given, right):  # noqa: B905 - the bug
        difference |= a ^ b
    return difference == 0


class Seal(_base.Seal):
    """Frames without a mark; equal(given, right): whether the digest given is the right one."""

    BODY = struct.Struct("<Id")

    def __init__(self, equal):
        super().__init__()
        self.equal = equal

    def pack(self, number, value):
        body = self.BODY.pack(number, value)
        return body + self.sign(body)

    def unpack(self, frame):
        body, given = frame[: self.BODY.size], frame[self.BODY.size :]
        if len(body) < self.BODY.size or not self.equal(given, self.sign(body)):
            return {}
        number, value = self.BODY.unpack(body)
        return {number: value}


def signed(equal):
    """Return run; equal: see Seal."""

    @_base.careful
    def run(n, workers):
        with _queue.keyed() as queue:
            return _queue.through(queue, n, workers, seal=Seal(equal))

    return run


run = signed(_up_to_the_shorter)
