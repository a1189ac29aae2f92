"""A child makes the lock anew."""

from tests.selftest.reported import lock_held_at_the_fork

lock_held_at_the_fork.renew_in_children()
run = lock_held_at_the_fork.run
