"""Polls again after any OSError: a handler's TimeoutError, which is one, is lost."""

from tests.selftest.reported import time_limit_is_an_oserror_too

CAUGHT_BY = ("B2",)
run = time_limit_is_an_oserror_too.run
