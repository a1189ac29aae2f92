"""A pid is above 0."""

from tests.selftest.reported.pid_0_is_killed import ending

run = ending(lambda pid: pid > 0)
