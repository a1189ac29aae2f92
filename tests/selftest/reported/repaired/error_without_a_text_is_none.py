"""A worker says the type of its exception too, and the caller looks at its status."""

from tests.selftest.defects import honest

run = honest.run
