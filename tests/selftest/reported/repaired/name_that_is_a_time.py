"""The names are drawn."""

from tests.selftest.reported import _os_segment
from tests.selftest.reported import name_that_is_a_time as bug

run = bug.naming(_os_segment.random_name)
