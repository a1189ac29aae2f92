"""A server that was out of descriptors tried accept(2) again at once, and took a whole processor.

The connection stays in the queue, so poll(2) tells of it always.  Here the caller does so, for the
connections of its workers: no descriptor gets free while they wait for it.
"""

import errno
import socket

from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/yesodweb/wai/issues/928"
CAUGHT_BY = ("F1",)


class Hopeful(socket.socket):
    """Take a want of descriptors for one of connections."""

    def accept(self):
        try:
            return super().accept()
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            raise BlockingIOError(errno.EAGAIN, "later, perhaps") from error


_srv_socket.use(Hopeful)
run = _srv_socket.unix
