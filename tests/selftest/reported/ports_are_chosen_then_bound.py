"""Kernels failed to start: ports were chosen free, released, and bound when others had them.

Here each socket of a run finds a free port by binding another socket, which it closes, and binds
that port then.  In between another program may be given it, or a second socket of this run has
chosen it too: rare for few workers, one run of three or so for 257.
"""

import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/jupyter/jupyter_client/issues/276"
CAUGHT_BY = ("A1",)
_chosen = []


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Chosen(socket.socket):
    """Choose ports ahead, 64 at a time, and bind the next of them."""

    def bind(self, address):
        if not _chosen:
            _chosen.extend(free_port(address[0]) for _ in range(64))
        super().bind((address[0], _chosen.pop()))


_srv_socket.use(Chosen)
run = _srv_socket.tcp
