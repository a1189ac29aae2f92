"""The type has to be int itself."""

from tests.selftest.defects import honest

run = honest.run
