"""As many workers as were asked for."""

from tests.selftest.defects import honest

run = honest.run
