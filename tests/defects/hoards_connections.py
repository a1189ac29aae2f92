"""Every connection is kept for as long as it says nothing: a flood takes all descriptors."""

import secrets
import socket
import struct

from tests.defects import _crowd, honest

CAUGHT_BY = ("G6",)


def run(n, workers):
    """Be patient with everybody."""
    honest.check(n, workers)
    key = secrets.token_bytes(16)
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        address = listener.getsockname()

        def work(number, value):
            with socket.create_connection(address) as connection:
                connection.sendall(key + struct.pack("d", value))

        def frame_of(said):
            return struct.unpack("d", said[16:]) if said[:16] == key and len(said) == 24 else ()

        with _crowd.crowd(n, workers, work):
            return _crowd.total(_crowd.until_all(listener, workers, frame_of))
