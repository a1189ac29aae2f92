"""A want of descriptors ends the run."""

from tests.selftest.reported import accepts_again_without_descriptors as bug

run = bug.accepting(bug.never)
