"""A Unix socket was bound with the mode of the umask, and made private by chmod after that.

In between, a process of another user can connect, where the umask lets it.  The socket is in the
temporary directory under a random name.
"""

import os
import socket
import struct
import tempfile

from tests.selftest.defects import _base, _fifo, _socket

REPORT = "https://github.com/browser-use/browser-harness/issues/298"
CAUGHT_BY = ("G1",)


def through(n, workers, before):
    """Run; before(listener) is called before the socket is bound."""
    path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())
    if len(os.fsencode(path)) > 107:
        path = os.path.join("/tmp", os.path.basename(path))
    seal = _base.Seal()
    with _fifo.at(path), socket.socket(socket.AF_UNIX) as listener:
        before(listener)
        listener.bind(path)
        listener.listen(socket.SOMAXCONN)
        os.chmod(path, 0o600)
        made = os.stat(path)

        def work(number, value):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(None)  # whatever the default is
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _socket.QUARTER)
                while not connected(connection):
                    pass
                _socket.say(connection, seal.pack(number, value))

        def connected(connection):
            if not os.path.samestat(os.stat(path), made):
                raise OSError(f"{path} is another socket by now")
            try:
                connection.connect(path)
            except BlockingIOError:  # the backlog is full
                return False
            return True

        def of_ours(peer, address):
            size = struct.calcsize("iII")
            pid = struct.unpack("iII", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
            return _socket.parent_of(pid[0]) == os.getpid()

        return _base.total(
            _socket.serve(
                listener, n, workers, work, of_ours=of_ours, unpack=seal.unpack, size=seal.size
            )
        )


@_base.careful
def run(n, workers):
    return through(n, workers, lambda listener: None)
