"""One nameless pipe from all workers to their caller: records of whatever form."""

import contextlib
import os

from tests.selftest.defects import _base


def send_all(fd, data):
    while data:
        data = data[os.write(fd, data) :]


def prepare(r, w):
    """Make the caller's own end non-blocking, and no other."""
    os.set_blocking(r, False)


def fixed(size, unpack):
    """Give a scan that takes records of size out of a stream; unpack makes {number: sum} of one."""

    def scan(stream):
        sums = {}
        while len(stream) >= size:
            sums |= unpack(bytes(stream[:size]))
            del stream[:size]
        return sums

    return scan


def through(n, workers, *, pack, scan, prepare=prepare, send=send_all):
    """Run: a worker sends pack(number, sum), the caller takes what scan finds in the stream."""
    r, w = os.pipe()
    try:
        prepare(r, w)
        stream = bytearray()

        def work(number, value):
            send(w, pack(number, value))

        def take(fd):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                for _ in range(1000 if fd is None else 1):
                    stream.extend(os.read(r, 65536))
                    sums |= scan(stream)
            return sums

        return _base.total(_base.gather(n, workers, work, take, r))
    finally:
        os.close(r)
        os.close(w)
