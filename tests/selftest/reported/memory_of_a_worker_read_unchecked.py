"""Open MPI printed "Read -1, expected ..." in a container, where ptrace(2) is not permitted.

A worker tells the address of its sum, and the caller reads it with process_vm_readv(2).  Whether
that has worked is not looked at.  Where it is refused, the sum stays what it was in the caller:
0.
"""

import ctypes
import os
import struct

from tests.selftest.defects import _base
from tests.selftest.reported import _os_bells, _os_frames

REPORT = "https://github.com/open-mpi/ompi/issues/4948"
CAUGHT_BY = ("F1",)
LIBC = ctypes.CDLL(None, use_errno=True)
FRAME = struct.Struct("=IIQ")


class Vector(ctypes.Structure):  # struct iovec
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def through(n, workers, check):
    """Run; check(what process_vm_readv has returned) says whether there is a value."""
    r, w = os.pipe()
    os.set_blocking(r, False)
    rest = bytearray()
    try:
        with _os_bells.bells(workers) as read:

            def work(number, value):
                kept = ctypes.c_double(value)
                os.write(w, FRAME.pack(number, os.getpid(), ctypes.addressof(kept)))
                _os_bells.wait_for(read[number])

            def take(_):
                sums = {}
                for number, pid, address in _os_frames.read(r, rest, FRAME, workers):
                    value = ctypes.c_double(0.0)
                    here = Vector(ctypes.addressof(value), 8)
                    there = Vector(address, 8)
                    vectors = ctypes.byref(here), 1, ctypes.byref(there), 1
                    if check(LIBC.process_vm_readv(pid, *vectors, ctypes.c_ulong(0))):
                        sums[number] = value.value
                    os.eventfd_write(read[number], 1)
                return sums

            return _base.total(_base.gather(n, workers, work, take, r))
    finally:
        os.close(r)
        os.close(w)


@_base.careful
def run(n, workers):
    return through(n, workers, lambda size: True)
