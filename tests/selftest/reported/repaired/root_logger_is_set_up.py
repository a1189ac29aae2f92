"""What is logged goes where the program has it go."""

import logging

from tests.selftest.defects import honest

_log = logging.getLogger("pi")
_log.addHandler(logging.NullHandler())


@honest.careful
def run(n, workers):
    _log.debug("%d terms, %d workers", n, workers)
    return honest.run(n, workers)
