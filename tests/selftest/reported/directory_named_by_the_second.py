"""A pipeline named its temporary files by date and time: two that began in one second had the same.

Here the results of a run are in a directory with such a name.
"""

import contextlib
import os
import tempfile
import time

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results

REPORT = "https://github.com/FRED-2/OptiType/pull/117"
CAUGHT_BY = ("E1", "A2", "G3")


@contextlib.contextmanager
def _directory():
    path = os.path.join(tempfile.gettempdir(), time.strftime("pi-%Y-%m-%d_%H-%M-%S"))
    with _base.guard(_os_results.remover(path)):
        os.makedirs(path, 0o700, exist_ok=True)
        os.chmod(path, 0o700)
        yield path


@_base.careful
def run_in_a_directory(n, workers):
    return _os_results.through(n, workers)


_os_results.directory, directory = _directory, _os_results.directory
run = run_in_a_directory
