"""What fork(2) says comes out of the run."""

import os

from tests.selftest.reported import fork_that_fails_is_passed_over as bug

run = bug.starting(os.fork)
