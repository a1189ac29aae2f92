"""There is no number of workers below 1."""

from tests.selftest.reported import minus_one_is_no_mistake as bug

run = bug.through_a_queue
