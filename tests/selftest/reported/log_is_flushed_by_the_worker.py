"""A log handler sent its records twice: logging.shutdown() in a child flushes what it inherited.

Here a worker calls that before it ends, so that nothing of its own is lost.
"""

import logging

from tests.selftest.defects import honest

REPORT = "https://github.com/redhat-aqe/kafka-logging-handler/pull/18"
CAUGHT_BY = ("E5",)
_send = honest.send


def _send_and_flush(fd, lo, hi):
    _send(fd, lo, hi)
    logging.shutdown()


honest.send = _send_and_flush
run = honest.run
