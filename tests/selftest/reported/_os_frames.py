"""Frames of one size in a pipe that is read without waiting, and may give a part of one."""

import contextlib
import os


def read(fd, rest, form, most):
    """Read most times, or until there is no more; return the whole frames, unpacked.

    rest: a bytearray that keeps what is no whole frame yet.  form: a Struct.
    """
    with contextlib.suppress(BlockingIOError):
        for _ in range(most):
            rest.extend(os.read(fd, form.size))
    whole = len(rest) // form.size * form.size
    frames = list(form.iter_unpack(rest[:whole]))
    del rest[:whole]
    return frames
