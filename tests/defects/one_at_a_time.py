"""Connections are served one after the other: one that says nothing holds up all."""

import secrets
import socket
import struct

from tests.defects import _crowd, honest

CAUGHT_BY = ("G6",)


def run(n, workers):
    """Accept, read to the end, and accept the next."""
    honest.check(n, workers)
    key = secrets.token_bytes(16)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        address = listener.getsockname()

        def work(number, value):
            with socket.create_connection(address) as connection:
                connection.sendall(key + struct.pack("d", value))

        sums = []
        with _crowd.crowd(n, workers, work):
            while len(sums) < workers:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as said:
                    frame = said.read(24)
                if frame[:16] == key:
                    sums += struct.unpack("d", frame[16:])
        return _crowd.total(sums)
