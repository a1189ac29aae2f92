"""Whatever a worker raises is a RuntimeError of the caller's."""

from tests.selftest.defects import honest

run = honest.run
