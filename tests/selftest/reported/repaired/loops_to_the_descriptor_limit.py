"""The descriptors that there are, by /proc/self/fd."""

from tests.selftest.reported import loops_to_the_descriptor_limit as reported

run = reported.marking(reported.there)
