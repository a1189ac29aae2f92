"""Forked processes have copies of one generator, and draw the same names for shared memory.

Here the name of a fifo comes from a generator that the module has for itself. In one process no two
names are the same.
"""

import os
import random
import secrets
import tempfile

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/pynbody/pynbody/pull/911"
CAUGHT_BY = ("E1",)


def named(draw):
    """Return run.

    draw: returns 128 random bits.
    """

    @_base.careful
    def run(n, workers):
        path = os.path.join(tempfile.gettempdir(), f"pi-{draw():032x}")
        with _fifo.at(path):
            return _fifo.through(path, n, workers)

    return run


def from_the_system():
    return secrets.randbits(128)


_generator = random.Random(os.urandom(16))
run = named(lambda: _generator.getrandbits(128))
