"""The number of workers is an int, or refused."""

from tests.selftest.defects import honest

run = honest.run
