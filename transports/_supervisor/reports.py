"""What workers tell of their exceptions, by a pipe of the run: a number and a text each."""

import contextlib
import os
import struct

from transports._supervisor.child import described

_READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)

# A report has the number of the worker and its text, 512 bytes in all.  So much is written at once
# on every system (POSIX, PIPE_BUF): reports do not mix, and each in the pipe is whole.
_TEXT = 508
_REPORT = struct.Struct(f"<I{_TEXT}s")


def write(fd: int, number: int, error: BaseException) -> None:
    """Tell what the worker *number* has raised."""
    os.write(fd, _REPORT.pack(number, described(error)[:_TEXT]))


def read_all(fd: int) -> dict[int, str]:
    """Return what there is in a pipe that does not block: texts by the number of the worker."""
    data = bytearray()
    with contextlib.suppress(BlockingIOError):
        while more := os.read(fd, _READ):  # it may be less than a report
            data += more
    return {
        number: text.rstrip(b"\0").decode(errors="ignore")  # cut in a character
        for number, text in _REPORT.iter_unpack(data)
    }
