"""What is closed, is closed once."""

from tests.selftest.defects import honest

run = honest.run
