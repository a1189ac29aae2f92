"""The memory of a server grew: each client that it made gave one logger a handler more.

Here each run does so, that nothing is printed where the program has not set up its log.
"""

import logging

from tests.selftest.defects import honest

REPORT = "https://github.com/PaddleHQ/paddle-python-sdk/issues/144"
CAUGHT_BY = ("B1",)
_log = logging.getLogger("pi")


def logging_to(prepare):
    """Return run; prepare(log): called before each run."""

    @honest.careful
    def run(n, workers):
        prepare(_log)
        _log.debug("%d terms, %d workers", n, workers)
        return honest.run(n, workers)

    return run


run = logging_to(lambda log: log.addHandler(logging.NullHandler()))
