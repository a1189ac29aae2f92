"""An abstract Unix socket: it has no mode, so every user can connect to it."""

import secrets

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("G1",)


@_base.careful
def run(n, workers):
    return _socket.unix("\0pi-" + secrets.token_hex(16), n, workers, mode=None)
