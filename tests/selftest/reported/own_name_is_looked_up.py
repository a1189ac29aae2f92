"""A program could not be imported where the host name has no address: gethostbyname(gethostname()).

Here a run looks up its own address, listens there if that is a loopback address, else at
127.0.0.1.  In a container or on a laptop whose name nobody knows it fails by gaierror.
"""

import socket

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/Epistimio/orion/issues/165"
CAUGHT_BY = ("E4",)


def looked_up():
    return socket.gethostbyname(socket.gethostname())


def loopback(host):
    return host() == "127.0.0.1"


def listening(host):
    @_base.careful
    def run(n, workers):
        return _socket.tcp(n, workers, host=host() if loopback(host) else "127.0.0.1")

    return run


run = listening(looked_up)
