"""A worker waits until the caller closes the connection, which somebody else's child may hold."""

import contextlib

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("E8",)


def _say(connection, frame):
    connection.sendall(frame)
    with contextlib.suppress(ConnectionError):  # a reset is an end too
        while connection.recv(1):
            pass


_socket.say = _say
run = _base.careful(_socket.tcp)
