"""The message has the value."""

from tests.selftest.defects import honest
from tests.selftest.reported import value_is_not_told as bug

honest.check = bug.check
run = bug.through_a_fifo
