"""What a signal has interrupted is called again."""

from tests.selftest.reported import interrupted_semop_is_an_error as bug

run = bug.adding(bug.again)
