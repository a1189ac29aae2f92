"""The module path is left alone."""

from tests.selftest.defects import honest

run = honest.run
