"""They are checked by `if`."""

from tests.selftest.defects import honest

run = honest.run
