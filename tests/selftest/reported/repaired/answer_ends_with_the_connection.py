"""The answer is one byte, and a worker reads no more than that."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.unix
