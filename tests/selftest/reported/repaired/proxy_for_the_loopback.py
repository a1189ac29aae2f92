"""Workers connect straight to their caller."""

import socket

from tests.selftest.reported import _srv_socket

_srv_socket.use(socket.socket)
run = _srv_socket.tcp
