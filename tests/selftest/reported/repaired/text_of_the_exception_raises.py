"""Where there is no text, the name of the class is told."""

from tests.selftest.reported import _srv_socket

run = _srv_socket.tcp
