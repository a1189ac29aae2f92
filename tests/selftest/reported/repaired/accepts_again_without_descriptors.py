"""A want of descriptors ends the run."""

import socket

from tests.selftest.reported import _srv_socket

_srv_socket.use(socket.socket)
run = _srv_socket.unix
