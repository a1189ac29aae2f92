"""A program made its System V segment with mode 0666: any user could read it, and write to it.

Here the sums are in such a segment, as signed frames.
"""

import contextlib
import mmap
import secrets
import struct

import sysv_ipc

from tests.selftest.defects import _base

REPORT = "https://github.com/lneely/pcloudcc-lneely/issues/282"
CAUGHT_BY = ("G1",)
ID = struct.Struct("@q")  # and 1, or 0 if it is not known


@contextlib.contextmanager
def _segment(size, mode):
    key = secrets.randbelow(2**31 - 1) + 1

    def remove():
        try:
            (number,) = ID.unpack_from(known)
            sysv_ipc.remove_shared_memory(number - 1 if number else sysv_ipc.SharedMemory(key).id)
        except sysv_ipc.ExistentialError:
            pass
        except sysv_ipc.Error as error:
            raise OSError(str(error)) from error

    # The id takes no right to remove it by, which the key does: who finds it may change the mode.
    with mmap.mmap(-1, ID.size) as known, _base.guard(remove):
        try:
            segment = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, mode=mode, size=size)
        except (OSError, ValueError, sysv_ipc.Error) as error:  # ValueError: its size
            raise OSError(f"no segment, see shmmax, shmmni and shmall: {error}") from error
        ID.pack_into(known, 0, segment.id + 1)
        try:
            yield segment
        finally:
            segment.detach()


def of_mode(mode):
    """Return run; mode: that of the segment."""

    @_base.careful
    def run(n, workers):
        seal = _base.Seal()
        with _segment(seal.size * workers, mode) as segment:
            missing = set(range(workers))

            def work(number, value):
                segment.write(seal.pack(number, value), seal.size * number)

            def take(_):
                sums = {}
                for number in missing:
                    sums |= seal.unpack(segment.read(seal.size, seal.size * number))
                missing.difference_update(sums)
                return sums

            return _base.total(_base.gather(n, workers, work, take))

    return run


run = of_mode(0o666)
