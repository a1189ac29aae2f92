"""A worker switches it off for itself."""

import faulthandler

from tests.selftest.defects import honest

_send = honest.send


def _send_quietly(fd, lo, hi):
    faulthandler.disable()
    _send(fd, lo, hi)


honest.send = _send_quietly
run = honest.run
