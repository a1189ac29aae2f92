"""A worker has a name of its own, and the caller that which it had."""

from tests.selftest.defects import honest
from tests.selftest.reported.name_of_the_process_is_changed import PR_SET_NAME

_send = honest.send


def _send_by_name(fd, lo, hi):
    honest.PRCTL(PR_SET_NAME, b"pi_worker")
    _send(fd, lo, hi)


honest.send = _send_by_name
run = honest.run
