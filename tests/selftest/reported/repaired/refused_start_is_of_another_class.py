"""What fork(2) says comes out of the run."""

from tests.selftest.defects import honest

run = honest.run
