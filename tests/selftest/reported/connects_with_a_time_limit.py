"""Under load clients of a server's Unix socket failed: Resource temporarily unavailable.

connect(2) on a Unix socket that does not block, as one with a timeout in Python, fails by EAGAIN
where the backlog is full.  Here workers connect with a timeout of a minute, to a backlog of 100.
"""

import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/unbit/uwsgi/issues/1647"
CAUGHT_BY = ("D1",)


class Short(socket.socket):
    """A listener with the backlog that is usual in Python."""

    def listen(self, backlog):
        super().listen(100)


class Limited(Short):
    """Connect within a minute."""

    def connect(self, address):
        self.settimeout(60)
        try:
            super().connect(address)
        except BlockingIOError as error:
            raise ConnectionError(f"no connection to {address}: {error}") from error
        self.settimeout(None)


_srv_socket.use(Limited)
run = _srv_socket.unix
