"""Nothing is taken out of the list."""

from tests.selftest.defects import honest

run = honest.run
