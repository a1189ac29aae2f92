"""The kernel kills a worker when its parent dies."""

from tests.selftest.reported.asks_for_a_parent_between_jobs import born, killed_with_it

run = born(killed_with_it)
