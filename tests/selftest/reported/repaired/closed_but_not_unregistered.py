"""It is taken out before it is closed."""

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_epoll
from tests.selftest.reported.closed_but_not_unregistered import close


def unregister(poller, over):
    poller.unregister(over)
    close(poller, over)


honest.take = _srv_epoll.take(unregister)
run = _srv_epoll.run
