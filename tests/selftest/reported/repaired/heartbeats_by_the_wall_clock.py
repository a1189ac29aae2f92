"""Both read the monotonic clock."""

import time

from tests.selftest.reported import heartbeats_by_the_wall_clock as reported

reported.clock = time.monotonic
run = reported.run
