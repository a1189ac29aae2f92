"""Each worker has a slice of its own."""

from tests.selftest.defects import honest

run = honest.run
