"""The caller sleeps until a worker has ended."""

from tests.selftest.defects import honest

run = honest.run
