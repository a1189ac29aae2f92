"""Workers that made one directory failed by FileExistsError: each had looked, and found none.

Another makes it between os.path.isdir and os.makedirs.  Here all workers have their results in a
directory that the first of them makes.
"""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results

REPORT = "https://github.com/albertfgu/diffwave-sashimi/issues/8"
CAUGHT_BY = ("A2", "A6")


def _where_there_is_none(path):
    if not os.path.isdir(path):
        os.mkdir(path, 0o700)


@_base.careful
def run(n, workers):
    return _os_results.through(n, workers, make=_where_there_is_none)
