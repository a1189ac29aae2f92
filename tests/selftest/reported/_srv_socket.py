"""The sockets of the shared transports, of a class that another module gives."""

import os
import socket
from types import SimpleNamespace

from tests.selftest.defects import _base, _socket


def use(kind):
    """Let all sockets of _socket be of kind, a class."""
    _socket.socket = SimpleNamespace(**vars(socket) | {"socket": kind})


@_base.careful
def tcp(n, workers):
    return _socket.tcp(n, workers)


@_base.careful
def unix(n, workers):
    with _socket.private_directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)
