"""Where the temporary directory is too long, the socket is in /tmp."""

from tests.selftest.defects import _base, _socket
from tests.selftest.reported import socket_in_a_long_temporary_directory as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _socket.private_directory)
