"""Each worker is killed by its pid."""

from tests.selftest.defects import honest

run = honest.run
