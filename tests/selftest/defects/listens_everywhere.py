"""A listener for the whole network."""

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("G1",)


@_base.careful
def run(n, workers):
    """Bind to all addresses."""
    return _socket.tcp(n, workers, host="")
