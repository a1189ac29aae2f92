"""The run is over when all sums are there."""

from tests.selftest.reported import goodbye_is_waited_for as bug

run = bug.ending(lambda bell, workers: None)
