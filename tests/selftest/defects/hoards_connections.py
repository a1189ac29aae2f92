"""Every connection is kept for as long as it says nothing: a flood takes all descriptors."""

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("G6",)


@_base.careful
def run(n, workers):
    """Be patient with everybody."""
    return _socket.tcp(n, workers, trust=True)
