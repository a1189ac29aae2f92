"""A worker leaves its standard input alone."""

from tests.selftest.defects import honest

run = honest.run
