"""Workers pin themselves."""

from tests.selftest.defects import honest
from tests.selftest.reported.affinity_left import pin

_send = honest.send


def _send_pinned(fd, lo, hi):
    pin()
    _send(fd, lo, hi)


honest.send = _send_pinned
run = honest.run
