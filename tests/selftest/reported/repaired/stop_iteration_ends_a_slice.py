"""A loop in a function: StopIteration goes through it, as any other exception."""

from tests.selftest.reported.stop_iteration_ends_a_slice import summing, term

run = summing(lambda numbers: [term(k) for k in numbers])
