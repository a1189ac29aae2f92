"""The lock is released by LOCK_UN, whoever else has its open file description."""

import fcntl

from tests.selftest.reported import lock_released_by_close as bug

run = bug.gated(lambda fd: fcntl.flock(fd, fcntl.LOCK_UN))
