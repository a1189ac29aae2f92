"""A worker of celery tries each number up to the limit of descriptors, 2**30 in a container.

It is busy for minutes with closing what is not open.  Here each worker sets close-on-exec on each
number, which does no harm but for its time: a second where the limit is 2**20, the most that Linux
allows by default (nr_open, proc_sys_fs(5)), 20 ms where it is 20000.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/celery/billiard/issues/399"
CAUGHT_BY = ("E4",)
MISSED = "no clause bounds what a high limit of descriptors may cost"
_send = honest.send


def closing(descriptors):
    """Return run.

    descriptors: returns those that a worker walks through.
    """

    def send(fd, lo, hi):
        for number in descriptors():
            with contextlib.suppress(OSError):  # it is not open
                os.set_inheritable(number, False)
        _send(fd, lo, hi)

    honest.send = send
    return honest.run


run = closing(lambda: range(3, os.sysconf("SC_OPEN_MAX")))
