"""Each run draws a key."""

from tests.selftest.defects import _base
from tests.selftest.reported import key_that_is_in_the_source as bug

run = bug.sealed(_base.Seal)
