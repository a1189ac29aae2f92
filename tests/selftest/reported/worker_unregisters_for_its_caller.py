"""Workers of a daemon stopped its events: at their end they took the descriptors out of its epoll.

A child of fork(2) has the same epoll(7) instance.  Here a worker that has sent takes out all that
is registered there, and the caller never hears of the workers that had not ended by then: a
hang, where a later worker is done before the caller has heard of an earlier one, as it often is.
"""

import contextlib

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_epoll

REPORT = "https://github.com/systemd/systemd/pull/72"
CAUGHT_BY = ("A1",)
_send = honest.send


def unregister(poller):
    for fd in list(poller.known):
        with contextlib.suppress(OSError):
            poller.unregister(fd)


def tidy(up):
    def send(fd, lo, hi):
        _send(fd, lo, hi)
        up(_srv_epoll.current())

    honest.send = send
    return _srv_epoll.run


run = tidy(unregister)
