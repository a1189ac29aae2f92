"""Each worker sets it for itself."""

from tests.selftest.reported import broken_pipes_end_the_caller as bug

run = bug.quiet(bug.nothing, bug.default_action)
