"""The caller waits without a limit."""

from tests.selftest.defects import honest

run = honest.run
