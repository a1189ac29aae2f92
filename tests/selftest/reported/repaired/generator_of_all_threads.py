"""Each run has a generator of its own."""

from tests.selftest.reported import generator_of_all_threads as bug

run = bug.naming(lambda: next(bug.free_names()))
