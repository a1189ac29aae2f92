"""SIGINT stays blocked in workers, as it is while the caller forks: the caller ends them."""

from tests.selftest.defects import honest

run = honest.run
