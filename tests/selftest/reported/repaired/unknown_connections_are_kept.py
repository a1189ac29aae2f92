"""A connection from a port that is not a worker's is closed at once."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.tcp
