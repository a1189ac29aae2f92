"""bind(2) itself chooses the port: port 0."""

import socket

from tests.selftest.reported import _srv_socket

_srv_socket.use(socket.socket)
run = _srv_socket.tcp
