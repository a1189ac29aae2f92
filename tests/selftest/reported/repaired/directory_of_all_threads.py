"""The directory is made where its path is short, and nobody goes there."""

import socket

from tests.selftest.reported import _srv_socket

_srv_socket.use(socket.socket)
run = _srv_socket.unix
