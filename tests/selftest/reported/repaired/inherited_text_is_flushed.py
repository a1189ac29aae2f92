"""What the caller has printed, the caller writes."""

from tests.selftest.defects import honest

run = honest.run
