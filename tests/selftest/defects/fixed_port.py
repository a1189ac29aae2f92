"""A listener at a port that every run takes."""

from tests.selftest.defects import _base, _socket

CAUGHT_BY = (
    "A2",
    "E1",
    "E7",
    "E8",
)


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers, port=50007)
