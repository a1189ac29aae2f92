"""Waits no longer than a socket does, which obeys socket.setdefaulttimeout."""

import socket

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


def _wait(poller):
    seconds = socket.getdefaulttimeout()
    ready = honest.look(poller, None if seconds is None else seconds * 1000)
    if not ready:
        raise TimeoutError("timed out")
    return ready


honest.wait = _wait
run = honest.run
