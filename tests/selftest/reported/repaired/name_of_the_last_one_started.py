"""Each function has a pid of its own."""

from tests.selftest.reported import name_of_the_last_one_started as bug

run = bug.naming(bug.names)
