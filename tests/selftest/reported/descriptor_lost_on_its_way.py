"""PyTorch's loader failed with "received 0 items of ancdata": the descriptor limit was reached.

Workers send the descriptors of their memory over a Unix socket, and the caller keeps them.  Where
it can have no more, the kernel drops the descriptor and delivers the message (unix(7),
MSG_CTRUNC).  The error that comes out says nothing of the limit, and is no OSError.
"""

import contextlib
import os
import socket
import struct

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/pytorch/pytorch/issues/973"
CAUGHT_BY = ("F1",)


def through(n, workers, complain):
    """Run; complain(count, flags) is called where a message has not one descriptor."""
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with receiver, sender, contextlib.ExitStack() as kept:
        receiver.setblocking(False)

        def work(number, value):
            receiver.close()
            fd = os.memfd_create("pi")
            _file.pwrite_all(fd, struct.pack("=d", value), 0)
            socket.send_fds(sender, [struct.pack("=I", number)], [fd])

        def take(_):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                while True:
                    message, fds, flags, _ = socket.recv_fds(receiver, 4, 1)
                    if len(fds) != 1:
                        complain(len(fds), flags)
                    kept.callback(os.close, fds[0])
                    value = struct.unpack("=d", os.pread(fds[0], 8, 0))[0]
                    sums[struct.unpack("=I", message)[0]] = value
            return sums

        return _base.total(_base.gather(n, workers, work, take, receiver.fileno()))


def _complain(count, flags):
    raise RuntimeError(f"received {count} items of ancdata")


@_base.careful
def run(n, workers):
    return through(n, workers, _complain)
