"""Ctrl-C comes to each worker too, which prints a traceback.

BrianGallew/cassandra_range_repair#19.
"""

import os
import signal
import traceback

from tests.selftest.defects import honest

CAUGHT_BY = ("B2", "C8")

_send, _sum = honest.send, honest.term_sum


def _interrupted_sum(lo, hi):
    """Let Ctrl-C in for as long as it computes."""
    honest.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return _sum(lo, hi)
    finally:
        honest.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _send_or_print(fd, lo, hi):
    try:
        _send(fd, lo, hi)
    except KeyboardInterrupt:
        traceback.print_exc()
        os._exit(1)


honest.send, honest.term_sum = _send_or_print, _interrupted_sum
run = honest.run
