"""Gives its last sockets a timeout for all, and takes it back to none, whatever the caller had."""

import socket

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)
_end = honest.end


def _in_time(pids):
    socket.setdefaulttimeout(5)
    try:
        _end(pids)
    finally:
        socket.setdefaulttimeout(None)


honest.end = _in_time
run = honest.run
