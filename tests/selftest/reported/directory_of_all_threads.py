"""A socket path was longer than 107 bytes: its server went to the directory, bound, and came back.

The working directory belongs to the process, so that the same was refused elsewhere as unsafe
with threads.  Here other threads of the caller find themselves in the run's private directory,
some microseconds at a time, and a relative path of theirs is not there.
"""

import os
import socket

from tests.selftest.defects import _base, _fifo, _socket
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/ocaml/dune/pull/15234"
CAUGHT_BY = ("E6",)


class There(socket.socket):
    """Bind and connect by the last part of the path, in its directory."""

    def _go(self, call, address):
        here = os.open(".", os.O_PATH | os.O_DIRECTORY)
        try:
            os.chdir(os.path.dirname(address))
            try:
                call(os.path.basename(address))
            finally:
                os.fchdir(here)
        finally:
            os.close(here)

    def bind(self, address):
        self._go(super().bind, address)

    def connect(self, address):
        self._go(super().connect, address)


_srv_socket.use(There)


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)
