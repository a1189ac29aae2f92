"""Both are checked first."""

from tests.selftest.defects import honest

run = honest.run
