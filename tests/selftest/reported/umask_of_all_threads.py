"""A directory that another thread made could not be entered: it was made while a socket was bound.

The umask belongs to the process.  Here it is narrow while a Unix socket is bound, some
microseconds, and what another thread of the caller makes in that time has mode 0600.
"""

import os
import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/mpiton/tauri-pilot/issues/172"
CAUGHT_BY = ("E6",)


class Narrow(socket.socket):
    """Bind with a umask by which the socket is for its owner alone, and put it back."""

    def bind(self, address):
        before = os.umask(0o177)
        try:
            super().bind(address)
        finally:
            os.umask(before)


_srv_socket.use(Narrow)
run = _srv_socket.unix
