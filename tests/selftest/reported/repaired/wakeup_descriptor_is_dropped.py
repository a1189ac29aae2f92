"""No wakeup descriptor is set: a signal ends poll(2) without it."""

from tests.selftest.defects import honest

run = honest.run
