"""Workers are ended, whatever the exception is."""

from tests.selftest.defects import honest

run = honest.run
