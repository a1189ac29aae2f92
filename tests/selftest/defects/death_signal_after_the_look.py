"""A worker looks who its parent is before it asks for a signal at its death, and not after."""

from tests.selftest.reported._born import born, killed_with_it, with_a_parent

CAUGHT_BY = ("B3",)
run = born(with_a_parent, killed_with_it)
