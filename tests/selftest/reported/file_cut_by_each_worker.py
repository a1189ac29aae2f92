"""Workers of a server had one log file, which each of them opened with mode "w+": lines were lost.

That mode cuts the file, also when another worker has just written to it.  Here each worker opens
the file of the results so.  When all have been started, it writes a frame, and rings for the
caller, which reads the file.
"""

import contextlib
import fcntl
import os

from tests.selftest.defects import _base, _fifo, _file
from tests.selftest.reported import _os_gate

REPORT = "https://github.com/alibaba/ROCK/issues/1192"
CAUGHT_BY = ("A2",)


def through(n, workers, mode):
    """Run; mode: flags with which a worker opens the file."""
    seal = _base.Seal()
    with _fifo.private_directory() as directory, contextlib.ExitStack() as stack:
        bell, rope = os.pipe()
        stack.callback(os.close, bell)
        stack.callback(os.close, rope)
        path = os.path.join(directory, "results")
        fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        stack.callback(os.close, fd)
        os.fchmod(fd, 0o600)
        gate = stack.enter_context(_os_gate.gate(workers))

        def work(number, value):
            frame = seal.pack(number, value)
            end = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | mode)
            gate.enter()
            fcntl.flock(end, fcntl.LOCK_EX)
            while frame:
                frame = frame[os.write(end, frame) :]
            os.close(end)
            os.write(rope, b"!")

        def take(ready):
            if ready is not None:
                os.read(bell, 4096)
            return seal.scan(bytearray(_file.pread_all(fd, os.fstat(fd).st_size, 0)))

        return _base.total(_base.gather(n, workers, work, take, bell, poller=gate))


@_base.careful
def run(n, workers):
    return through(n, workers, os.O_TRUNC | os.O_APPEND)
