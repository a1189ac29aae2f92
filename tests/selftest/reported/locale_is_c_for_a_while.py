"""A library set the locale to C to write its numbers, and back: it is that of all threads.

Here a run does so, since its workers send their sums as text.
"""

import contextlib
import locale
import struct

from tests.selftest.defects import honest

REPORT = "https://github.com/cjlin1/liblinear/pull/14"
CAUGHT_BY = ("E6",)
WIDTH = 8


@contextlib.contextmanager
def _with_a_point():
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_ALL, before)


def within(context):
    """Return run, which is done within context()."""

    @honest.careful
    def run(n, workers):
        with context():
            return honest.run(n, workers)

    return run


def pack(value):
    """Write the number by way of a text that has all of its digits, whatever the locale."""
    return struct.pack("d", float(repr(value)))


honest.pack = pack
run = within(_with_a_point)
