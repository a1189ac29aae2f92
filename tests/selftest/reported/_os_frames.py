"""Frames of one size in a pipe that is read without waiting, and may give a part of one."""

import contextlib
import os


def read(fd, rest, form, most):
    """Read until there are so many frames, or no more; return the whole frames, unpacked.

    rest: a bytearray that keeps what is no whole frame yet.  form: a Struct.
    """
    with contextlib.suppress(BlockingIOError):
        while len(rest) < most * form.size:
            rest.extend(os.read(fd, form.size - len(rest) % form.size))
    whole = len(rest) // form.size * form.size
    frames = list(form.iter_unpack(rest[:whole]))
    del rest[:whole]
    return frames
