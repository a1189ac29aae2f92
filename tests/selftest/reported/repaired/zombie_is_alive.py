"""A worker whose pidfd is ready has ended."""

from tests.selftest.defects import honest

run = honest.run
