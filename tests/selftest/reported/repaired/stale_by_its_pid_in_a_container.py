"""A run removes its own segment alone."""

from tests.selftest.reported import stale_by_its_pid_in_a_container as bug

run = bug.beginning(lambda: None)
