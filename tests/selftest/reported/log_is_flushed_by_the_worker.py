"""A server wrote the first lines of its log twice: two processes flushed the buffer of one.

That was a MemoryHandler of logging, of which a forked child has a copy.  Here a worker calls
logging.shutdown() before it ends, so that nothing of its own is lost.
"""

import logging

from tests.selftest.defects import honest

REPORT = "https://github.com/matrix-org/synapse/pull/8012"
CAUGHT_BY = ("E5",)
_send = honest.send


def _send_and_flush(fd, lo, hi):
    _send(fd, lo, hi)
    logging.shutdown()


honest.send = _send_and_flush
run = honest.run
