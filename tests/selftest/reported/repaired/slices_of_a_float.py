"""The slices are cut with whole numbers."""

from tests.selftest.defects import honest
from tests.selftest.reported import slices_of_a_float as bug

honest.bounds = bug.bounds
run = bug.through_a_file
