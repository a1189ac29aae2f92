"""A worker that cannot be told is dead already: the clean-up goes on."""

from tests.selftest.reported import second_death_ends_the_clean_up as bug

run = bug.telling(bug.tell_whoever_lives)
