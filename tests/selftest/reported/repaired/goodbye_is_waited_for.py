"""The run is over when all workers have ended."""

from tests.selftest.reported import goodbye_is_waited_for as bug

run = bug.ending(bug.strict, lambda bell, workers: None)
