"""A translator crashed where another service had its ports: they were round numbers, 8000 and 5000.

Here the caller listens at such a port.
"""

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/modernmt/modernmt/issues/42"
CAUGHT_BY = ("B4", "E1", "E7", "E8", "G3")


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers, port=8000)
