"""The system chooses a port that is free."""

from tests.selftest.defects import _base, _socket


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers)
