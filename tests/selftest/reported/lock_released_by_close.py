"""A lock of flock(2) was released by close(2), and lived on in what another thread had just forked.

It belongs to the open file description, which a child has too.  Here workers begin when they get a
lock that the caller has while it starts them: it closes its descriptor then.
"""

import fcntl
import mmap
import os
import select

from tests.selftest.defects import _base
from tests.selftest.reported import _slots

REPORT = "https://github.com/cq27-dev/rag-rat/pull/410"
CAUGHT_BY = ("E8", "E1", "A2")


class Gate:
    """A poller for `gather` that opens the gate when the caller waits for the first time."""

    def __init__(self, release):
        poller = select.poll()
        self.register, self.unregister, self.look = poller.register, poller.unregister, poller.poll
        self.release = release
        self.fd = os.memfd_create("pi-gate")
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX)
        except OSError:
            os.close(self.fd)
            raise

    def poll(self, patience):
        if patience is None:
            self.open()
        return self.look(patience)

    def open(self):
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            try:
                self.release(fd)
            finally:
                os.close(fd)

    def enter(self):
        """Wait, by an open file description of the worker's own."""
        fd = os.open(f"/proc/self/fd/{self.fd}", os.O_RDONLY)
        os.close(self.fd)
        fcntl.flock(fd, fcntl.LOCK_SH)
        os.close(fd)


def gated(release):
    """Return run; release(fd): what is done to the lock before its descriptor is closed."""

    @_base.careful
    def run(n, workers):
        gate, parent = Gate(release), os.getpid()
        try:
            with mmap.mmap(-1, _slots.SIZE * workers) as memory:

                def work(number, value):
                    gate.enter()
                    _slots.put(memory, number, value)

                def take(_):
                    return _slots.there(memory, workers)

                return _base.total(_base.gather(n, workers, work, take, poller=gate))
        finally:
            if os.getpid() == parent:  # and no child that a handler has forked
                gate.open()

    return run


run = gated(lambda fd: None)
