"""It hears no signal that can be blocked."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.unix
