"""What ends the wait ends the run."""

from tests.selftest.defects import honest

run = honest.run
