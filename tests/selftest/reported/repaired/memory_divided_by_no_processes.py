"""The arguments are checked first."""

from tests.selftest.defects import honest
from tests.selftest.reported import memory_divided_by_no_processes as bug

run = bug.dividing(honest.check)
