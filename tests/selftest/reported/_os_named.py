"""A segment of shared memory that the workers open by its name: a signed frame for each."""

import contextlib
import os

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_gate, _os_segment


def write(name, offset, frame):
    os.pwrite(posix_ipc.SharedMemory(name).fd, frame, offset)


def through(n, workers, *, write=write, heard=lambda name, count: None):
    """Run; a worker calls write(name, offset, frame), and then rings.

    heard(name, count) is called when the caller has heard a bell; count: the results there are.
    """
    seal = _base.Seal()
    name = _os_segment.random_name()
    with _os_segment.removed_at_the_end([name]), contextlib.ExitStack() as stack:
        bell, rope = os.pipe()
        stack.callback(os.close, bell)
        stack.callback(os.close, rope)
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        stack.callback(shared.close_fd)
        os.fchmod(shared.fd, 0o600)
        os.posix_fallocate(shared.fd, 0, seal.size * workers)
        gate = stack.enter_context(_os_gate.gate(workers))

        def work(number, value):
            gate.enter()
            write(name, seal.size * number, seal.pack(number, value))
            os.write(rope, b"!")

        def take(fd):
            sums = {}
            for number in range(workers):
                sums |= seal.unpack(os.pread(shared.fd, seal.size, seal.size * number))
            if fd is not None:
                os.read(bell, 4096)
                heard(name, len(sums))
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell, poller=gate))
