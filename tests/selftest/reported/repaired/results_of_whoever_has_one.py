"""A worker that has failed is an error."""

from tests.selftest.defects import honest

run = honest.run
