"""The caller waits by poll(2)."""

import select

from tests.selftest.reported.selects_high_descriptors import waiting

run = waiting(select.poll)
