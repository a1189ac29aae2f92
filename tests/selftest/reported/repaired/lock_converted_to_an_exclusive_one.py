"""The total is read under an exclusive lock, too."""

import fcntl

from tests.selftest.reported import lock_converted_to_an_exclusive_one as bug

run = bug.adding(fcntl.LOCK_EX)
