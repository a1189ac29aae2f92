"""open(2) on a named pipe blocked for ever: nobody opened the other end.

Here the caller has a fifo for each worker.  It opens one after the other when it has forked them
all; if one is killed before it has opened its end, the caller waits there.
"""

import contextlib
import os
import select

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/golang/go/issues/33050"
CAUGHT_BY = ("C1", "C2")


class Opening:
    """A poller for `gather` that opens the fifos, early or when it first waits."""

    def __init__(self, stack, paths):
        poller = select.poll()
        self.register, self.unregister, self.look = poller.register, poller.unregister, poller.poll
        self.stack, self.paths = stack, paths
        self.streams, self.known = {}, set()

    def open(self, flags):
        while self.paths:
            fd = os.open(self.paths[0], os.O_RDONLY | os.O_NOFOLLOW | flags)
            self.stack.callback(os.close, fd)
            del self.paths[0]
            os.set_blocking(fd, False)
            self.streams[fd] = bytearray()
            self.known.add(fd)
            self.register(fd, select.POLLIN)

    def early(self):
        self.open(os.O_NONBLOCK)

    def poll(self, patience):
        if patience is None:
            self.open(0)
        return self.look(patience)

    def read(self, fd, ready, scan):
        """Return the sums that scan finds; ready: whether fd can be read, or is at its end."""
        sums, data = {}, b"?"
        with contextlib.suppress(BlockingIOError):
            for _ in range(1 if ready else 1000):
                if not (data := os.read(fd, 65536)):
                    break
                self.streams[fd].extend(data)
                sums |= scan(self.streams[fd])
        if fd in self.known and (sums or (ready and not data)):
            self.known.remove(fd)
            self.unregister(fd)
        return sums


def _send(path, frame, reader):
    """Send to a fifo; reader: the caller's end of it, if that is open already."""
    flags = os.O_WRONLY | os.O_NOFOLLOW
    fd = os.open(path, flags if reader is None else flags | os.O_NONBLOCK)
    if reader is not None and not os.path.samestat(os.fstat(fd), os.fstat(reader)):
        raise OSError(f"{path} is another fifo by now")
    os.set_blocking(fd, True)
    while frame:
        frame = frame[os.write(fd, frame) :]
    os.close(fd)


def opening(early):
    """Return run; early(poller): what is done before there are workers."""

    @_base.careful
    def run(n, workers):
        seal = _base.Seal()
        with _fifo.private_directory() as directory, contextlib.ExitStack() as stack:
            paths = [os.path.join(directory, str(number)) for number in range(workers)]
            for path in paths:
                os.mkfifo(path, 0o600)
                os.chmod(path, 0o600)
            poller = Opening(stack, list(paths))
            early(poller)
            readers = list(poller.streams) or [None] * workers

            def work(number, value):
                _send(paths[number], seal.pack(number, value), readers[number])

            def take(fd):
                sums = {}
                for one in list(poller.streams) if fd is None else [fd]:
                    sums |= poller.read(one, fd is not None, seal.scan)
                return sums

            return _base.total(_base.gather(n, workers, work, take, poller=poller))

    return run


run = opening(lambda poller: None)
