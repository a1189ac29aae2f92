"""What is left of the data is written too."""

from tests.selftest.defects import honest

run = honest.run
