"""Whoever connects to the port and says eight bytes is taken for a worker."""

import socket
import struct

from tests.defects import _crowd, honest

CAUGHT_BY = ("G5",)


def run(n, workers):
    """Count connections, not workers."""
    honest.check(n, workers)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        address = listener.getsockname()

        def work(number, value):
            with socket.create_connection(address) as connection:
                connection.sendall(struct.pack("d", value))

        def frame_of(said):
            return struct.unpack("d", said) if len(said) == 8 else ()

        with _crowd.crowd(n, workers, work):
            return _crowd.total(_crowd.until_all(listener, workers, frame_of))
