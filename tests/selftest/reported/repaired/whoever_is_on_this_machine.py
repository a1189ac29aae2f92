"""Frames are signed, and come from the ports of workers."""

from tests.selftest.defects import _base, _socket


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers)
