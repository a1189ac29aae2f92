"""The caller sleeps at once."""

from tests.selftest.reported import spins_before_it_sleeps as bug

run = bug.spinning(0)
