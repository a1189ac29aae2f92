"""A download was cut into segments of `size / segments` bytes: of 109 in 11, the last one was lost.

int(109 / 11 * 11) is 108.  Here the slices of the workers are cut in this way.
"""

from tests.selftest.defects import _base, _file, honest

REPORT = "https://github.com/mjishnu/pypdl/issues/13"
CAUGHT_BY = ("A1",)


def _bounds(n, workers):
    size = n / workers
    return [(int(size * i), int(size * (i + 1))) for i in range(workers)]


@_base.careful
def through_a_file(n, workers):
    with _file.nameless() as file:
        return _file.through(file.fileno(), n, workers)


honest.bounds, bounds = _bounds, honest.bounds
run = through_a_file
