"""A server set the umask to bind its Unix socket, and put it back if that succeeded.

Here bind(2) fails in a full temporary directory, and the caller's files are 0600 from then on.
"""

import os
import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/davidbrochart/anycorn/pull/71"
CAUGHT_BY = ("E6",)


class Narrow(socket.socket):
    """Bind with a umask by which the socket is for its owner alone."""

    def bind(self, address):
        before = os.umask(0o177)
        super().bind(address)
        os.umask(before)


_srv_socket.use(Narrow)
run = _srv_socket.unix
