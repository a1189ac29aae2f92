"""Of 256 connections at once a server served a hundred, and it told the others nothing.

epoll(7) with EPOLLET tells of connections once, and the server took but some of them for an event,
so that they do not keep it from all else.  Here the caller takes up to 64, and waits for the next.
"""

import contextlib
import select
import socket
from types import SimpleNamespace

from tests.selftest.defects import _base, _socket
from tests.selftest.reported import _call

REPORT = "https://github.com/vibe-d/eventcore/pull/20"
CAUGHT_BY = ("D1",)
AT_ONCE = 64


class _Listener(socket.socket):
    """It gives so many connections for each event."""

    def accept(self):
        call = _call.current()
        if not call.left:
            raise BlockingIOError
        call.left -= 1
        return super().accept()


class _Poller:
    """What serve uses of select.poll, by epoll; what is registered first is the listener."""

    def __init__(self):
        call = _call.current()
        self.epoll = call.stack.enter_context(select.epoll())
        self.unregister = self.epoll.unregister
        self.flags, self.listener = call.flags, None

    def register(self, fd, events):
        first = self.listener is None
        self.epoll.register(fd, events | (self.flags if first else 0))
        if first:
            self.listener = fd

    def poll(self, patience):
        ready = self.epoll.poll(None if patience is None else patience / 1000)
        if any(fd == self.listener for fd, _ in ready):
            _call.current().left = AT_ONCE
        return ready


def triggered(flags):
    """Return run; flags: of epoll, for the listener."""

    @_base.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack, _call.call(stack=stack, flags=flags, left=0):
            return _socket.tcp(n, workers)

    _socket.socket = SimpleNamespace(**vars(socket) | {"socket": _Listener})
    _socket.select = SimpleNamespace(**vars(select) | {"poll": _Poller})
    return run


run = triggered(select.EPOLLET)
