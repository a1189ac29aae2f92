"""A worker has no garbage collector."""

import gc

from tests.selftest.reported.finalizers_run_in_the_worker import beginning

run = beginning(gc.disable)
