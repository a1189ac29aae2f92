"""The socket is a file in a private directory."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.unix
