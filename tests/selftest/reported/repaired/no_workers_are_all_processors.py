"""What is no number of workers is refused."""

from tests.selftest.defects import honest

run = honest.run
