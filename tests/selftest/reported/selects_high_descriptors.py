"""pexpect waits by select(2): it fails in a program that has more than 1023 descriptors open.

Here the caller of `run` waits for its workers so.  A descriptor past 1023 is a ValueError.
"""

import select
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/pexpect/pexpect/issues/47"
CAUGHT_BY = ("E4",)


class Select:
    """The calls of select.poll that honest uses, by select(2)."""

    def __init__(self):
        self.known = set()

    def register(self, fd, events):
        self.known.add(fd)

    def unregister(self, fd):
        self.known.discard(fd)

    def poll(self, milliseconds):
        seconds = None if milliseconds is None else milliseconds / 1000
        readable, _, _ = select.select(list(self.known), [], [], seconds)
        return [(fd, select.POLLIN) for fd in readable]


def waiting(poll):
    """Return run, which waits by poll, a class."""
    honest.select = SimpleNamespace(**vars(select) | {"poll": poll})
    return honest.run


run = waiting(Select)
