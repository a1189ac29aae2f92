"""The others are ended at once."""

from tests.selftest.reported import survivors_wait_for_the_dead_holder as bug

run = bug.blaming(bug.at_once)
