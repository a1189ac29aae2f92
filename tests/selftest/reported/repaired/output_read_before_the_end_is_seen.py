"""Who has ended is asked first: what such a worker has written is all there then."""

from tests.selftest.reported import output_read_before_the_end_is_seen as bug

run = bug.reading(bug.nothing, bug.early)
