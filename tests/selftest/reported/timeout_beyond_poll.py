"""A call due in the distant future broke the reactor: epoll takes no such number of milliseconds.

Here a limit of more than 24 days is handed to poll(2) as it is: OverflowError.
"""

from tests.selftest.reported import _srv_until

REPORT = "https://github.com/twisted/twisted/issues/6259"
CAUGHT_BY = ("D3",)


def as_it_is(milliseconds):
    return milliseconds


def limited(limit):
    def run(n, workers, *, timeout=None):
        return _srv_until.run(n, workers, _srv_until.end_of(timeout), limit)

    return run


run = limited(as_it_is)
