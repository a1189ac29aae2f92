"""pyinotify missed the files that were made in a new directory before it began to watch that.

Here the caller has a nameless file for each worker, and reads it when inotify(7) tells that it has
been written to.  It watches two from the beginning, and each of the others when it has forked the
worker, which may have written by then.
"""

import contextlib
import ctypes
import os
import struct

from tests.selftest.defects import _base, _file, honest
from tests.selftest.reported import _call

REPORT = "https://github.com/seb-m/pyinotify/issues/2"
CAUGHT_BY = ("A2", "A6")
LIBC = ctypes.CDLL(None, use_errno=True)
IN_MODIFY = 0x2
EVENT = struct.Struct("@iIII")  # no names, as no directory is watched
FRAME = struct.Struct("<d")
_watch = honest.watch


def _checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _watch_next(pid, r, pids, open_now, poller):
    call = _call.current()
    try:
        if len(call.watched) <= call.forked:
            watch(call)
        call.forked += 1
    except OSError:
        honest.end([pid])
        raise
    _watch(pid, r, pids, open_now, poller)


def watch(call):
    """Watch the next file, if there is one more."""
    number = len(call.watched)
    if number == len(call.files):
        return
    path = f"/proc/self/fd/{call.files[number].fileno()}".encode()
    call.watched[_checked(LIBC.inotify_add_watch(call.notes, path, IN_MODIFY))] = number


def _take(call):
    sums, notes = {}, b""
    with contextlib.suppress(BlockingIOError):
        notes = os.read(call.notes, 65536)
    for descriptor, *_ in EVENT.iter_unpack(notes):
        number = call.watched[descriptor]
        frame = _file.pread_all(call.files[number].fileno(), FRAME.size, 0)
        if len(frame) == FRAME.size:
            sums[number] = FRAME.unpack(frame)[0]
    return sums


def watching(before):
    """Return run; before(call): what is watched before there are workers."""

    @_base.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(_file.nameless()) for _ in range(workers)]
            notes = _checked(LIBC.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
            stack.callback(os.close, notes)
            call = stack.enter_context(_call.call(files=files, notes=notes, watched={}, forked=0))
            before(call)

            def work(number, value):
                _file.pwrite_all(files[number].fileno(), FRAME.pack(value), 0)

            def take(fd):
                sums = {}
                while more := _take(call):
                    sums |= more
                    if fd is not None:
                        break
                return sums

            return _base.total(_base.gather(n, workers, work, take, notes))

    honest.watch = _watch_next
    return run


def _two(call):
    watch(call)
    watch(call)


run = watching(_two)
