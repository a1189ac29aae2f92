"""It waits without a loop."""

from tests.selftest.defects import honest

run = honest.run
