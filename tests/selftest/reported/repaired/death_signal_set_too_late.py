"""A worker whose parent is another process by then ends."""

from tests.selftest.defects import honest

run = honest.run
