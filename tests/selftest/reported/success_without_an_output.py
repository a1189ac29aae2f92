"""A task whose job had run to its end counted as a success, also if it had not made its output.

Here the sums in shared memory are 0.0 before there are workers, and the exit code alone tells
whether one has failed.
"""

import mmap

from tests.selftest.defects import _base
from tests.selftest.reported import _slots

REPORT = "https://github.com/Computational-Plant-Science/plantit/issues/269"
CAUGHT_BY = ("C7",)


def looking(there):
    """Return run; there(memory, workers): gives the sums that count, as {number: sum}."""

    @_base.careful
    def run(n, workers):
        with mmap.mmap(-1, _slots.SIZE * workers) as memory:

            def work(number, value):
                _slots.put(memory, number, value)

            def take(_):
                return there(memory, workers)

            return _base.total(_base.gather(n, workers, work, take))

    return run


def _all(memory, workers):
    return dict.fromkeys(range(workers), 0.0) | _slots.there(memory, workers)


run = looking(_all)
