"""It is left alone: a worker's error goes to its caller."""

from tests.selftest.defects import honest

run = honest.run
