"""What several races share: sums in slots of a file, locks, and notices from the caller."""

import contextlib
import fcntl
import os
import struct

from tests.selftest.defects import _base, _file, honest

FRAME = struct.Struct("<Id")  # the number of a worker, and its sum
SLOT = 9  # bytes: a sum, and a mark that it is there
SCALE = 1 << 100
TOTAL = 32  # bytes of a total, a whole number


def put(fd, number, value):
    _file.pwrite_all(fd, struct.pack("<d", value) + b"!", SLOT * number)


def there(fd, workers):
    """Return the sums in those slots that are marked."""
    sums = {}
    for number in range(workers):
        slot = _file.pread_all(fd, SLOT, SLOT * number)
        if slot[-1:] == b"!" and len(slot) == SLOT:
            (sums[number],) = struct.unpack("<d", slot[:-1])
    return sums


def frames(data):
    """Return the sums in whole frames."""
    whole = len(data) // FRAME.size * FRAME.size
    return dict(FRAME.iter_unpack(data[:whole]))


def total_of(data):
    return _base.total({0: int.from_bytes(data, "little") / SCALE})


def added(data, value):
    """Return a total to which a sum has been added."""
    return (int.from_bytes(data, "little") + int(value * SCALE)).to_bytes(TOTAL, "little")


def ticked(ticks):
    """Return a take for _base.gather that tells who is done: their sums come at the end."""
    return lambda _: {number: 0.0 for number, tick in enumerate(ticks[:]) if tick}


def read_all(fd):
    """Read what is in a pipe that does not block."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while more := os.read(fd, 4096):
            data += more
    return data


@contextlib.contextmanager
def opened_again(fd, flags=os.O_RDWR):
    """Open a file without a name once more: locks by flock(2) and offsets are of each opening."""
    again = os.open(f"/proc/self/fd/{fd}", flags)
    try:
        yield again
    finally:
        os.close(again)


@contextlib.contextmanager
def locked(fd):
    """Hold a lock on a file without a name."""
    with opened_again(fd) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def pipe():
    """Make a pipe from which nobody waits to read."""
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    try:
        yield ends
    finally:
        for fd in ends:
            os.close(fd)


@contextlib.contextmanager
def counter(flags=0):
    fd = os.eventfd(0, os.EFD_NONBLOCK | flags)
    try:
        yield fd
    finally:
        os.close(fd)


class Words:
    """A notice from the caller to each worker that its sum is there."""

    def __init__(self, workers):
        self._ends = [os.pipe() for _ in range(workers)]

    def say(self, number):
        os.write(self._ends[number][1], b"!")

    def wait(self, number):
        os.read(self._ends[number][0], 1)

    def close(self):
        for ends in self._ends:
            for fd in ends:
                os.close(fd)


def words(workers):
    return contextlib.closing(Words(workers))


class Enough(Exception):  # noqa: N818 - no error
    """The caller has all, and does not wait for the ends of its workers."""


def gather(n, workers, work, take, *fds):
    """Do as _base.gather, but return when there are as many sums as workers."""
    sums = {}

    def taken(fd):
        sums.update(take(fd))
        if len(sums) == workers:
            raise Enough
        return sums

    with contextlib.suppress(Enough):
        _base.gather(n, workers, work, taken, *fds)
    return sums


@contextlib.contextmanager
def started(n, workers, work):
    """Fork workers that call work(number, sum), for a caller that waits for no end of theirs."""
    parent, pids = os.getpid(), []
    r, w = os.pipe()
    try:
        for number, (lo, hi) in enumerate(honest.bounds(n, workers)):
            pid = os.fork()
            if pid == 0:
                _base.child(parent, w, lambda a=number, b=lo, c=hi: work(a, honest.term_sum(b, c)))
            pids.append(pid)
        yield
    finally:
        if os.getpid() == parent:
            honest.end(pids)
        os.close(r)
        os.close(w)
