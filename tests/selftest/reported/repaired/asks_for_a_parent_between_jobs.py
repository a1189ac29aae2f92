"""The kernel kills a worker when its parent dies."""

from tests.selftest.reported._born import born, killed_with_it, with_a_parent

run = born(killed_with_it, with_a_parent, after=with_a_parent)
