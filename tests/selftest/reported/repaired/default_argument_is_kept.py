"""A new list is made at each call."""

from tests.selftest.reported import default_argument_is_kept as bug

run = bug.adding(list)
