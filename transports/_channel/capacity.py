"""What the pipes of a channel hold: pipe(7), fcntl(2) F_SETPIPE_SZ and F_GETPIPE_SZ.

By default a pipe holds 64 KiB.  A writer that has filled it waits for the reader.  Where the two
are on different processors, such a wait costs more than to copy the bytes.
"""

import contextlib
import fcntl

_MOST = 1 << 20  # bytes of a pipe: /proc/sys/fs/pipe-max-size, by default
# Bytes of all pipes of a channel.  The pipes of a user may have 64 MiB, by default; beyond that,
# each new one holds a page or two: /proc/sys/fs/pipe-user-pages-soft.
_OF_ALL = 8 << 20
_DEFAULT = 1 << 16


def widen(fd: int, pipes: int) -> None:
    """Let a pipe hold up to 1 MiB, and *pipes* of them up to 8 MiB, if the system allows it."""
    size = min(_MOST, _OF_ALL // pipes)
    if size > _DEFAULT and hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            # A power of two, to which the kernel would round up.
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << (size.bit_length() - 1))


def capacity(fd: int) -> int:
    """Return the bytes that a pipe holds."""
    # Without that call, as on macOS, a pipe grows to 64 KiB.
    return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) if hasattr(fcntl, "F_GETPIPE_SZ") else _DEFAULT
