"""The limit is that of the caller."""

from tests.selftest.defects import honest

run = honest.run
