"""A library called again what had failed, by a bare `except`: Ctrl-C was such a failure.

Here the caller waits for its workers again, whatever has ended the wait.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/groodt/retrying/pull/15"
CAUGHT_BY = ("B2",)


def _wait(poller):
    while True:
        try:
            return honest.look(poller, None)
        except:  # noqa: E722 - the bug
            pass


honest.wait = _wait
run = honest.run
