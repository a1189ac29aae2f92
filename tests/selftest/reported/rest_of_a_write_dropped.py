"""borg serve did not look at what os.write returns: where a pipe took less, the rest was lost.

Here a worker writes its sum once.  Where not all of it is taken, the caller misses the rest.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/borgbackup/borg/pull/2032"
CAUGHT_BY = ("A4",)


def sending(write):
    """Return run; a worker calls write(fd, data)."""

    def send(fd, lo, hi):
        write(fd, honest.pack(honest.term_sum(lo, hi)))

    honest.send = send
    return honest.run


write_all = _srv_stream.send_all
run = sending(os.write)
