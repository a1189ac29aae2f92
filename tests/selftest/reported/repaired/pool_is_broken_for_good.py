"""Each run has a new pool."""

from tests.selftest.reported import pool_is_broken_for_good as bug

run = bug.pooled(bug.new_pool)
