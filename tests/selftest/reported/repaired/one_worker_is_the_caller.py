"""One worker is forked, too."""

from tests.selftest.reported import one_worker_is_the_caller as bug

run = bug.through_memory
