"""A worker has registered nothing itself, and calls none of them."""

from tests.selftest.defects import honest

run = honest.run
