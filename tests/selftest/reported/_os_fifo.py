"""A fifo between the workers and their caller, with frames of any length."""

import contextlib
import os
import struct

from tests.selftest.defects import _base, _fifo
from tests.selftest.reported import _os_gate


def _send(path, frame):
    fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    os.set_blocking(fd, True)
    while frame:
        frame = frame[os.write(fd, frame) :]
    os.close(fd)


class Padded(_base.Seal):
    """Frames with padding between the sum and the digest, which is one of all."""

    def __init__(self, padding):
        super().__init__()
        self.BODY = struct.Struct(f"<8sId{padding}x")
        self.size = self.BODY.size + 16


def through(n, workers, *, padding=0, writer=True):
    """Run; padding: bytes in each frame.  writer: whether the caller holds the other end too."""
    seal = Padded(padding)
    with _fifo.private_directory() as directory, contextlib.ExitStack() as stack:
        path = os.path.join(directory, "fifo")
        os.mkfifo(path, 0o600)
        os.chmod(path, 0o600)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        stack.callback(os.close, reader)
        if writer:
            stack.callback(os.close, os.open(path, os.O_WRONLY))
        stream, ended = bytearray(), []
        most = 2 * seal.size * workers  # reads, each of a byte or more

        def work(number, value):
            poller.enter()
            _send(path, seal.pack(number, value))

        def take(fd):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                for _ in range(most if fd is None and not ended else 1):
                    if not (data := os.read(reader, 65536)):
                        end()
                        break
                    stream.extend(data)
                    sums |= seal.scan(stream)
            return {} if ended else sums

        def end():
            if not ended:
                poller.unregister(reader)
            ended.append(True)

        poller = stack.enter_context(_os_gate.gate(workers))
        return _base.total(_base.gather(n, workers, work, take, reader, poller=poller))
