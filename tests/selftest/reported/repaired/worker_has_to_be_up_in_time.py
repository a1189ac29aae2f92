"""A worker that is not up yet is waited for."""

from tests.selftest.reported import worker_has_to_be_up_in_time as bug

run = bug.limited(None)
