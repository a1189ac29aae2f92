"""The umask, which other threads have too, is left alone: fchmod(2) before bind(2)."""

import socket

from tests.selftest.reported import _srv_socket

_srv_socket.use(socket.socket)
run = _srv_socket.unix
