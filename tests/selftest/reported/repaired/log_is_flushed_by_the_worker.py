"""The worker has logged nothing, and leaves the handlers alone."""

from tests.selftest.defects import honest

run = honest.run
