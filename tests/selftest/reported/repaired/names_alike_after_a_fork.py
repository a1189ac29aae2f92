"""The generator is that of the system, which has no state to be copied."""

import random

from tests.selftest.reported import names_alike_after_a_fork as bug

bug.generator = random.SystemRandom()
run = bug.run
