"""A server kept each connection for ever that had not said yet who it was: a client can clog it.

Here the workers connect to a port of the loopback interface.  Whoever else does so is kept, too,
as long as nothing comes from it.
"""

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/deepstreamIO/deepstream.io/issues/226"
CAUGHT_BY = ("G6",)


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers, trust=True)
