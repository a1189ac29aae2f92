"""A run reaps its own workers alone."""

from tests.selftest.defects import honest

run = honest.run
