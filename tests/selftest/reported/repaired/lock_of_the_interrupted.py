"""Runs do without a lock."""

from tests.selftest.reported import lock_of_the_interrupted as bug

run = bug.under(bug.none)
