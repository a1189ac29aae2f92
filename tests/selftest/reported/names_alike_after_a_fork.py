"""Two processes drew the same UUID after a fork: both have the state of one generator.

The generator is seeded by the system when the module is imported.  Processes that are forked
after that draw the same names in the same order.  Where two are in a run at once, the second
finds its name taken.
"""

import os
import random
import tempfile

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/util-linux/util-linux/issues/3009"
CAUGHT_BY = ("E1",)
generator = random.Random()


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), f"pi-{generator.getrandbits(128):032x}")
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
