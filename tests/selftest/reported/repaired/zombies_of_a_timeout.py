"""All are reaped."""

from tests.selftest.reported import zombies_of_a_timeout as reported

run = reported.ending(reported.end_and_reap)
