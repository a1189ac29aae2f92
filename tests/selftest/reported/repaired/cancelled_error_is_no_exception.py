"""A worker tells of whatever was raised."""

from tests.selftest.defects import honest

run = honest.run
