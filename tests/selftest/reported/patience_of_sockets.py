"""A program that sets a default timeout for sockets gets a TimeoutError where a worker is slow.

In the report the client of a service inherits the default that another library has set.  Here the
caller waits for its workers as long as socket.getdefaulttimeout() says, as each new socket does.
"""

import math
import socket

from tests.selftest.defects import honest

REPORT = "https://github.com/Broadcom/rally-rest-toolkit-python/issues/187"
CAUGHT_BY = ("E4",)


def waits(patience):
    """Return run.

    patience: returns the seconds after which a worker is too slow, or None.
    """

    def wait(poller):
        seconds = patience()
        ready = honest.look(poller, None if seconds is None else math.ceil(seconds * 1000))
        if not ready and seconds is not None:
            raise TimeoutError("timed out")
        return ready

    honest.wait = wait
    return honest.run


run = waits(socket.getdefaulttimeout)
