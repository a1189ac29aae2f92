"""A header of 32 bits: struct.error, "'i' format requires …", for what has more than 2 GiB.

In the report an object is too large for a connection of multiprocessing, and the caller hangs. Here
a slice goes to its worker as two numbers of 32 bits: from 2**31 terms on, run raises struct.error.
"""

import struct

from tests.selftest.defects import honest

REPORT = "https://github.com/joblib/loky/issues/143"
CAUGHT_BY = ("A1",)
MISSED = "no clause has 2**31 terms: to sum these takes minutes"
_bounds = honest.bounds


def sent_as(pack, unpack):
    """Return run, which sends a slice, two ints, as bytes."""
    honest.bounds = lambda n, workers: [unpack(pack(*slice_)) for slice_ in _bounds(n, workers)]
    return honest.run


run = sent_as(struct.Struct("!ii").pack, struct.Struct("!ii").unpack)
