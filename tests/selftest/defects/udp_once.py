"""Datagrams come to a socket of every address; one that is lost is not sent again.

None is lost where the caller is not slower than its workers: it reads between two forks.
"""

import socket

from tests.selftest.defects import _base

CAUGHT_BY = ("D1", "G1")


@_base.careful
def run(n, workers):
    seal = _base.Seal()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        # Which Linux doubles, socket(7): room for some 400 datagrams.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 166_400)
        ours.bind(("127.0.0.1", 0))
        address = ours.getsockname()
        ours.setblocking(False)

        def work(number, value):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs:
                theirs.sendto(seal.pack(number, value), address)

        def take(fd):
            sums = {}
            for _ in range(64):
                try:
                    sums |= seal.unpack(ours.recv(4096))
                except BlockingIOError:
                    break
            return sums

        return _base.total(_base.gather(n, workers, work, take, ours.fileno()))
