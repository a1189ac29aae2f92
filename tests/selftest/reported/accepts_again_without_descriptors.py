"""A server that was out of descriptors tried accept(2) again at once, and took a whole processor.

The connection stays in the queue, so poll(2) tells of it always.  Here workers connect to a Unix
socket, and the caller keeps each connection for the time of the run: where it has no descriptor for
the next one, it does so without end.
"""

import contextlib
import errno
import os
import select
import socket
import struct

from tests.selftest.defects import _base, _socket, honest
from tests.selftest.reported import _call

REPORT = "https://github.com/yesodweb/wai/issues/928"
CAUGHT_BY = ("F1",)
CREDENTIALS = struct.Struct("iII")
_watch = honest.watch


def _remember(pid, r, pids, open_now, poller):
    _call.current().pids.add(pid)
    _watch(pid, r, pids, open_now, poller)


def _listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)
    os.fchmod(listener.fileno(), 0o600)  # as it will be from the first moment
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(socket.SOMAXCONN)
    return listener


def _is_ours(peer):
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return CREDENTIALS.unpack(data)[0] in _call.current().pids


def through(n, workers, refused):
    """Run; refused(error): called where no connection can be had."""
    seal, poller, peers = _base.Seal(), select.poll(), {}
    with _socket.private_directory() as place, contextlib.ExitStack() as stack:
        path = os.path.join(place, "socket")
        listener = stack.enter_context(_listener(path))

        def work(number, value):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.setblocking(True)  # whatever timeout the program gives to each
                connection.connect(path)
                _socket.say(connection, seal.pack(number, value))

        def admit():
            try:
                peer = listener.accept()[0]
            except BlockingIOError:
                return False
            except OSError as error:
                refused(error)
                return False
            if not _is_ours(peer):
                peer.close()
                return True
            stack.callback(peer.close)
            peer.setblocking(False)
            peers[peer.fileno()] = peer, bytearray()
            poller.register(peer, select.POLLIN)
            return True

        def read(fd):
            peer, stream = peers[fd]
            try:
                data = peer.recv(seal.size - len(stream))
            except BlockingIOError:
                return {}
            except ConnectionError:
                data = b""
            stream.extend(data)
            if not data or len(stream) == seal.size:
                poller.unregister(fd)
                del peers[fd]
            if len(stream) < seal.size:
                return {}
            with contextlib.suppress(ConnectionError):
                peer.send(b".")
            return seal.unpack(bytes(stream))

        def take(fd):
            if fd in peers:
                return read(fd)
            for _ in range(64):
                if not admit():
                    break
            return {}

        with _call.call(pids=set()):
            fd = listener.fileno()
            return _base.total(_base.gather(n, workers, work, take, fd, poller=poller))


def later(error):
    if error.errno != errno.EMFILE:
        raise error


def never(error):
    raise error


def accepting(refused):
    @_base.careful
    def run(n, workers):
        return through(n, workers, refused)

    honest.watch = _remember
    return run


run = accepting(later)
