"""A run ends its own workers."""

from tests.selftest.defects import honest

run = honest.run
