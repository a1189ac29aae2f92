"""An epoll is shared with forked children: what a child does to it, is done to its parent.

Here a descriptor is taken out of the epoll when it is closed, as event loops do. A child that the
caller forks amid a run, and that leaves `run` by an exception, closes all of them: the caller
hangs.
"""

import os
import select
import types

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/eventlet/eventlet/pull/68"
CAUGHT_BY = ("E8",)


class _Hub:
    """An epoll with the methods of a poll."""

    def __init__(self, epoll):
        self.epoll, self.pid, self.fds = epoll, os.getpid(), set()

    def register(self, fd, mask):
        self.epoll.register(fd, mask)
        self.fds.add(fd)

    def unregister(self, fd):
        self.fds.remove(fd)
        self.epoll.unregister(fd)

    def poll(self, milliseconds):
        return self.epoll.poll(None if milliseconds is None else milliseconds / 1000)


def in_a_hub(is_mine):
    """Return run.

    is_mine: tells whether this process takes descriptors out of a hub.
    """

    def close(fd):
        hub = _call.current().hub
        if fd in hub.fds and is_mine(hub):
            hub.unregister(fd)
        os.close(fd)

    @honest.careful
    def run(n, workers):
        with select.epoll() as epoll, _call.call(hub=_Hub(epoll)):
            return honest.run(n, workers)

    honest.select = types.SimpleNamespace(**vars(select))
    honest.select.poll = lambda: _call.current().hub
    honest.os = types.SimpleNamespace(**{**vars(os), "close": close})
    return run


run = in_a_hub(lambda hub: True)
