"""One worker is forked, too."""

from tests.selftest.defects import honest

run = honest.run
