"""A library made a logger for each connection, with a name of its own: logging keeps it for good.

Here each run has a logger, named by a random number, which tells what is done.
"""

import logging
import secrets

from tests.selftest.defects import honest

REPORT = "https://github.com/tarasko/picows/issues/72"
CAUGHT_BY = ("B1",)
_ALL = logging.getLogger("pi")


def logged(logger):
    """Return run; logger: gives that of a run."""

    @honest.careful
    def run(n, workers):
        log = logger()
        log.debug("%d terms, %d workers", n, workers)
        result = honest.run(n, workers)
        log.debug("the result is %r", result)
        return result

    return run


run = logged(lambda: _ALL.getChild(secrets.token_hex(8)))
