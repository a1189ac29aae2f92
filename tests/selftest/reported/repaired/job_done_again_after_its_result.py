"""No job is done again: a worker that is lost ends the run."""

from tests.selftest.defects import honest

run = honest.run
