"""A listener for the whole network."""

import secrets
import socket
import struct

from tests.defects import _crowd, honest

CAUGHT_BY = ("G1",)


def run(n, workers):
    """Bind to all addresses, with a key to be sure."""
    honest.check(n, workers)
    key = secrets.token_bytes(16)
    with socket.create_server(("", 0), backlog=100) as listener:
        port = listener.getsockname()[1]

        def work(number, value):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(key + struct.pack("d", value))

        def frame_of(said):
            return struct.unpack("d", said[16:]) if said[:16] == key and len(said) == 24 else ()

        with _crowd.crowd(n, workers, work):
            return _crowd.total(_crowd.until_all(listener, workers, frame_of))
