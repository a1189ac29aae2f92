"""A library kept the error of the last call that failed: each later call seemed to fail by it too.

What was to clear it did nothing.  Here a run has failed if there is an error when it has looked
after its workers, and that of an earlier run is still there.
"""

import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/MobilityDB/MobilityDB/pull/1552"
CAUGHT_BY = ("C11",)
_take, _lost = honest.take, honest.lost
_last = threading.local()  # as errno


def _keep(pid, status, said):
    try:
        _lost(pid, status, said)
    except RuntimeError as error:
        _last.text = str(error)


def last():
    return getattr(_last, "text", None)


def clear():
    _last.text = None


def asking(ask):
    """Return run; ask(): gives the text of the error, or None."""

    def take(pids, said, poller, ready):
        _take(pids, said, poller, ready)
        if text := ask():
            raise RuntimeError(text)

    honest.lost, honest.take = _keep, take
    return honest.run


run = asking(last)
