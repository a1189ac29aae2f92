"""The socket is removed, and then the directory."""

from tests.selftest.defects import _socket
from tests.selftest.reported import socket_left_when_it_is_closed as bug

run = bug.served(_socket.private_directory)
