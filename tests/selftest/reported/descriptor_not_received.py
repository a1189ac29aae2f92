"""DataLoader: RuntimeError, "received 0 items of ancdata", where the caller is out of descriptors.

recvmsg(2) drops a descriptor that there is no room for, and says MSG_CTRUNC. Here each worker
writes its sum into a memory file, and sends the descriptor of that, which the caller keeps up to
the end.
"""

import contextlib
import errno
import os
import socket
import struct

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/pytorch/pytorch/issues/973"
CAUGHT_BY = ("F1",)


def received(missing):
    """Return run.

    missing: the exception to be raised when a descriptor has not come.
    """

    @_base.careful
    def run(n, workers):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ours.setblocking(False)

        def work(number, value):
            fd = os.memfd_create("pi")
            _file.pwrite_all(fd, struct.pack("=d", value), 0)
            socket.send_fds(theirs, [struct.pack("=i", number)], [fd])

        def take(_):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                while True:
                    number, fds, _, _ = socket.recv_fds(ours, 4, 1)
                    if not fds:
                        raise missing()
                    files.callback(os.close, fds[0])
                    (value,) = struct.unpack("=d", _file.pread_all(fds[0], 8, 0))
                    sums[struct.unpack("=i", number)[0]] = value
            return sums

        with ours, theirs, contextlib.ExitStack() as files:
            return _base.total(_base.gather(n, workers, work, take, ours.fileno()))

    return run


def as_oserror():
    return OSError(errno.EMFILE, os.strerror(errno.EMFILE))


run = received(lambda: RuntimeError("received 0 items of ancdata"))
