"""honest.run by epoll(7) in the place of poll(2): each run has one, which all forks share."""

import os
import select
import threading
from types import SimpleNamespace

from tests.selftest.defects import honest

_runs = threading.local()


class Poller:
    """The calls of select.poll that honest uses, and the descriptors that are registered."""

    def __init__(self):
        self.known = set()
        self.epoll = select.epoll()
        _runs.pollers.append(self)

    def register(self, fd, events):
        self.epoll.register(fd, events)
        self.known.add(fd)

    def unregister(self, fd):
        self.known.discard(fd)
        self.epoll.unregister(fd)

    def poll(self, milliseconds):
        return self.epoll.poll(None if milliseconds is None else milliseconds / 1000)


def current():
    """Give the poller of the run that this thread, or this worker, is in."""
    return _runs.pollers[-1]


@honest.careful
def run(n, workers):
    outer = getattr(_runs, "pollers", ())
    _runs.pollers = mine = []
    try:
        return honest.run(n, workers)
    finally:
        for poller in mine:
            poller.epoll.close()
        _runs.pollers = outer


def take(forget):
    """Give a take for honest, which ends the worker's descriptor by forget(poller, over)."""

    def taken(pids, said, poller, ready):
        for over, _ in ready:
            if over not in pids:
                continue
            pid, r = pids[over]
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:  # SIGCHLD is ignored: it is gone by now
                found, status = pid, 0
            if not found:
                continue
            forget(poller, over)
            del pids[over]
            said[r] = honest.drain(r)
            if status or len(said[r]) != 8:
                said[r] = honest.lost(pid, status, said[r])

    return taken


honest.select = SimpleNamespace(**vars(select) | {"poll": Poller, "POLLIN": select.EPOLLIN})
