"""What has come is as long as it is."""

from tests.selftest.defects import honest

run = honest.run
