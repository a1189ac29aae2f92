"""A job was cancelled, and the worker ended too: CancelledError is no Exception any more.

Here a worker tells of what it expects to be raised.  What derives from BaseException alone is not
told of, but for what Ctrl-C and sys.exit raise.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _carried

REPORT = "https://github.com/python-arq/arq/pull/213"
CAUGHT_BY = ("C8",)


def telling(classes):
    """Return run; classes: of the exceptions that a worker tells of."""

    def send(fd, lo, hi):
        try:
            inner(fd, lo, hi)
        except classes as error:
            _carried.write_all(fd, b"!" * 8 + honest.described(error))
            os._exit(1)
        except BaseException:  # noqa: BLE001 - it is not for this worker
            os._exit(1)

    inner, honest.send = honest.send, send
    return honest.run


run = telling((Exception, SystemExit, KeyboardInterrupt))
