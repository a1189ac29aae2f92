"""Each worker is waited for, by its pid."""

from tests.selftest.defects import honest

run = honest.run
