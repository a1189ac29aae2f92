"""A worker sets the variable for itself."""

from tests.selftest.defects import honest
from tests.selftest.reported.threads_limited_in_the_environment import limit

_send = honest.send


def _send_with_one_thread(fd, lo, hi):
    limit()
    _send(fd, lo, hi)


honest.send = _send_with_one_thread
run = honest.run
