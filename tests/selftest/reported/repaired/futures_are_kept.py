"""The entry is taken out at the end."""

from tests.selftest.reported import futures_are_kept as bug

run = bug.entered(lambda tasks, number: tasks.pop(number))
