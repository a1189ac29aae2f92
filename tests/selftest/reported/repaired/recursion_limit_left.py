"""Workers raise their own."""

from tests.selftest.reported.finalizers_run_in_the_worker import beginning
from tests.selftest.reported.recursion_limit_left import deep

run = beginning(deep)
