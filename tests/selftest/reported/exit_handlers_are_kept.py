"""A library registered a handler at atexit for each process that it started: a server never exits.

Here each run has one that ends its workers if the program ends.  It is there when they are gone.
"""

import atexit

from tests.selftest.reported import _kept

REPORT = "https://github.com/ponty/EasyProcess/issues/1"
CAUGHT_BY = ("B1",)


def each_one(started):
    atexit.register(started.end)


run = _kept.registering(each_one)
