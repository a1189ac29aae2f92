"""There are as many chunks as workers, and the sizes differ by one at most."""

from tests.selftest.reported.chunks_rounded_up import even, numbered

run = numbered(even)
