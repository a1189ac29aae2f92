"""Where there is no text, the name of the class is told."""

from tests.selftest.defects import honest

run = honest.run
