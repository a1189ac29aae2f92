"""A file that got descriptor 0 was taken for one that could not be opened, and not read.

Where a program has no standard input, the next file gets that number.  Here the caller does not
read a pipe of that number.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/lxqt/libsysstat/pull/10"
CAUGHT_BY = ("E4",)
_drain = honest.drain


def reading(is_open):
    """Return run; is_open(r): whether r is taken for a descriptor."""

    def drain(r):
        return _drain(r) if is_open(r) else b""

    honest.drain = drain
    return honest.run


run = reading(bool)
