"""A server took all of a processor: epoll went on to tell of a socket that it had closed.

A registration ends with the last descriptor of what is registered, and a child of fork(2) has
one more.  Here the caller closes the descriptor of a worker that has ended.  As long as a worker
lives that was forked later, epoll_wait(2) returns at once, again and again.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_epoll

REPORT = "https://github.com/joyent/libuv/issues/1099"
CAUGHT_BY = ("D2",)


def close(poller, over):
    """Close over; its number stays taken, as honest closes it once more."""
    os.dup2(poller.epoll.fileno(), over, inheritable=False)


honest.take = _srv_epoll.take(close)
run = _srv_epoll.run
