"""A slice has at least one term, as long as there are any."""

from tests.selftest.reported import chunk_of_no_items as bug

run = bug.cut(lambda n, workers: max(1, n // workers))
