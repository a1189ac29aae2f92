"""A call due in the distant future broke the reactor: epoll takes no such number of milliseconds.

Here a limit of more than 24 days is handed to poll(2) as it is: OverflowError.
"""

from tests.selftest.reported import _srv_until
from tests.selftest.reported.timeout_0_is_no_timeout import if_given

REPORT = "https://github.com/twisted/twisted/issues/6259"
CAUGHT_BY = ("D3",)


def as_it_is(milliseconds):
    return milliseconds


def limited(limit):
    def run(n, workers, *, timeout=None):
        return _srv_until.run(n, workers, if_given(timeout), limit)

    return run


run = limited(as_it_is)
