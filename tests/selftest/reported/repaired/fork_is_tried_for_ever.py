"""It is tried once."""

from tests.selftest.defects import honest

run = honest.run
