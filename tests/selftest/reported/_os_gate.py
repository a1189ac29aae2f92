"""A gate at which the workers wait until all have been forked, as those of a pool do."""

import contextlib
import os
import select


class Gate:
    """A poller for `gather` that opens the gate when the caller waits for the first time."""

    def __init__(self, workers, r, w):
        self.closed = workers
        self.r, self.w = r, w
        poller = select.poll()
        self.register, self.unregister, self.look = poller.register, poller.unregister, poller.poll

    def poll(self, patience):
        if patience is None and self.closed:
            os.write(self.w, b"!" * self.closed)
            self.closed = 0
        return self.look(patience)

    def enter(self):
        os.read(self.r, 1)


@contextlib.contextmanager
def gate(workers):
    r, w = os.pipe()
    try:
        yield Gate(workers, r, w)
    finally:
        os.close(r)
        os.close(w)
