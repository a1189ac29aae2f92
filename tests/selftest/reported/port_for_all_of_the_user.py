"""Two servers listened at one port, and neither was told: each got half of the connections.

Linux gives SO_REUSEPORT to all sockets of one user that set it.  Here the listener sets it: a
program of the same user that listens there too gets workers, who then wait for its answer.
"""

import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/crystal-lang/crystal/issues/4019"
CAUGHT_BY = ("G6",)
MISSED = "no stranger asks for a port with SO_REUSEPORT"


class Shared(socket.socket):
    """A listener whose port others may have too."""

    def setsockopt(self, level, name, value):
        if name == socket.SO_REUSEADDR:
            super().setsockopt(level, socket.SO_REUSEPORT, 1)
        super().setsockopt(level, name, value)


_srv_socket.use(Shared)
run = _srv_socket.tcp
