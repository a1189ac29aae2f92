"""A file that had been cut was read without an error: missing fields had their default values.

The answer was a wrong one.  Here a worker sends the fields of its sum one after another, and the
caller takes what it can read, however the worker has ended.
"""

import math

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/jkitchin/pounce/issues/785"
CAUGHT_BY = ("C3", "A3")
END = b"end=1\n"
DEFAULTS = {b"fraction": b"", b"exponent": b"0"}


def _send(fd, lo, hi):
    fraction, exponent = math.frexp(honest.term_sum(lo, hi))
    for data in (b"fraction=%s\n" % fraction.hex().encode(), b"exponent=%d\n" % exponent, END):
        _srv_stream.send_all(fd, data)


def reading(is_whole):
    """Return run; is_whole(text, status): whether a worker has sent all, and ended so."""

    def value(text, status):
        pairs = (line.partition(b"=")[::2] for line in text.splitlines())
        fields = DEFAULTS | dict(pairs)
        if not is_whole(text, status):
            raise ValueError("there are not all fields")
        fraction = float.fromhex(fields[b"fraction"].decode())
        return math.ldexp(fraction, int(fields[b"exponent"]))

    def take(pids, said, poller, ready):
        for r, pid, status in honest.ended(pids, said, poller, ready):
            try:
                said[r] = honest.pack(value(said[r], status))
            except ValueError:
                honest.lost(pid, status, said[r])

    honest.send, honest.take = _send, take
    return honest.run


run = reading(lambda text, status: True)
