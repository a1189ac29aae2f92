"""An abstract Unix socket: it has no mode, so every user can connect to it."""

import secrets
import socket
import struct

from tests.defects import _crowd, honest

CAUGHT_BY = ("G1",)


def run(n, workers):
    """Use a name that nobody guesses, but everybody finds in /proc/net/unix."""
    honest.check(n, workers)
    key = secrets.token_bytes(16)
    name = "\0pi-" + secrets.token_hex(16)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen(100)

        def work(number, value):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(name)
                connection.sendall(key + struct.pack("d", value))

        def frame_of(said):
            return struct.unpack("d", said[16:]) if said[:16] == key and len(said) == 24 else ()

        with _crowd.crowd(n, workers, work):
            return _crowd.total(_crowd.until_all(listener, workers, frame_of))
