"""The workers of the run take places, and nobody else."""

from tests.selftest.reported import strangers_take_places as bug

run = bug.counting(lambda ours: ours)
