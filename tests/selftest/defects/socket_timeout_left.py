"""Sets the timeout of all new sockets of the program, for its own, which it does not need."""

import socket

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    socket.setdefaulttimeout(30)
    return honest.run(n, workers)
