"""Python calls poll(2) again after a signal: there is nothing to catch."""

from tests.selftest.defects import honest

run = honest.run
