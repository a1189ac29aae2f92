"""The pid is asked for at each run."""

from tests.selftest.defects import honest

run = honest.run
