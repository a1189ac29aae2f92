"""The type has to be int itself."""

from tests.selftest.defects import honest
from tests.selftest.reported import true_is_an_int as bug

honest.check = bug.check
run = bug.through_a_queue
