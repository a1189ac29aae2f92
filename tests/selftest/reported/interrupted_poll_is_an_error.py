"""An RPC library on ZeroMQ crashed where a signal came amid poll: "Interrupted system call".

Python calls select.poll again after a signal (PEP 475); a library of C's has to do so itself.
Here the caller waits by poll(2) of the C library, and any signal that has a handler ends the run.
"""

import ctypes
import errno
import os
import select
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/dwb/jsonrpc2-zeromq-python/issues/2"
CAUGHT_BY = ("A4",)
_poll = ctypes.CDLL(None, use_errno=True).poll
_poll.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int)


class _Pollfd(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Poller:
    """The calls of select.poll that honest uses."""

    AGAIN = False

    def __init__(self):
        self.events = {}

    def register(self, fd, events):
        self.events[fd] = events

    def unregister(self, fd):
        del self.events[fd]

    def poll(self, patience):
        fds = (_Pollfd * len(self.events))(*self.events.items())
        patience = -1 if patience is None else patience
        while _poll(fds, len(fds), patience) < 0:
            code = ctypes.get_errno()
            if code != errno.EINTR or not self.AGAIN:
                raise OSError(code, os.strerror(code))
        return [(each.fd, each.revents) for each in fds if each.revents]


class Patient(Poller):
    """Call again when a handler has run."""

    AGAIN = True


def polling(kind):
    honest.select = SimpleNamespace(**vars(select) | {"poll": kind})
    return honest.run


run = polling(Poller)
