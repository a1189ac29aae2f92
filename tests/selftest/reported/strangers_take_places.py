"""A server that was full sent players away: it counted also who had connected and not logged in.

Here there are as many places as workers, and each connection takes one until the end of the run.
A worker that finds none is sent away.
"""

from tests.selftest.defects import _socket
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/ACEmulator/ACE/pull/3563"
CAUGHT_BY = ("G6",)
_serve = _socket.serve


def counting(counts):
    """Return run; counts(ours): whether a connection takes a place; ours: is it a worker's."""

    def serve(listener, n, workers, work, *, of_ours, **how):
        taken = []

        def admitted(peer, address):
            ours = of_ours(peer, address)
            if len(taken) == workers:
                return False
            if counts(ours):
                taken.append(address)
            return ours

        return _serve(listener, n, workers, work, of_ours=admitted, **how)

    _socket.serve = serve
    return _srv_socket.tcp


run = counting(lambda ours: True)
