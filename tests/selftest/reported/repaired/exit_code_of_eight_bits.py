"""A worker is known by its pipe."""

from tests.selftest.reported import exit_code_of_eight_bits as bug

run = bug.entering(lambda code, number: number)
