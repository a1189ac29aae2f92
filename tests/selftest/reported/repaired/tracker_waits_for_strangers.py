"""The guard is killed."""

from tests.selftest.reported.tracker_waits_for_strangers import guarded, kill

run = guarded(kill)
