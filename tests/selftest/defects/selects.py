"""Waits by select(2), which ends at descriptor 1023."""

import select

from tests.selftest.defects import honest

CAUGHT_BY = ("D1", "E4")


class Selecting:
    """Looks like a poller."""

    def __init__(self):
        self.fds = set()
        self.register = lambda fd, events: self.fds.add(fd)
        self.unregister = self.fds.discard

    def poll(self, patience=None):
        seconds = None if patience is None else patience / 1000
        return [(fd, 0) for fd in select.select(list(self.fds), [], [], seconds)[0]]


honest.select = type("select", (), {"poll": Selecting, "POLLIN": 0})
run = honest.run
