"""The caller reads until there is no more."""

from tests.selftest.defects import honest

run = honest.run
