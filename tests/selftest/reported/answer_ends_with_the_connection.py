"""A client hung for half an hour: it read the answer to its end, and the server had forked.

The forked process had the connection open too.  Here a worker sends its result by a Unix socket,
and reads until the caller closes the connection.
"""

import contextlib

from tests.selftest.defects import _socket
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/RakuenSoftware/aimee/pull/2297"
CAUGHT_BY = ("E8",)


def _say(connection, frame):
    connection.sendall(frame)
    with contextlib.suppress(ConnectionError):
        while connection.recv(64):
            pass


_socket.say = _say
run = _srv_socket.unix
