"""A program had very many copies of one directory in sys.path: a loader put it there at each call.

Here each run does so, for what its workers may import.
"""

import os
import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/pyinvoke/invoke/issues/296"
CAUGHT_BY = ("B1", "E6")
HERE = os.path.dirname(os.path.abspath(__file__))


@honest.careful
def run(n, workers):
    sys.path.insert(0, HERE)
    return honest.run(n, workers)
