"""Whoever ends without a result has failed."""

from tests.selftest.reported import exit_0_is_no_end as bug

run = bug.counting(lambda status: False)
