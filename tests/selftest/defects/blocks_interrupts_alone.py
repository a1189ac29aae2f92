"""Ctrl-C is held back where it would do harm, and no other signal that has a handler."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)
honest.handled = lambda: [signal.SIGINT]
run = honest.run
