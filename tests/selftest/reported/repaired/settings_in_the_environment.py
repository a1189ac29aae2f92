"""The number of terms belongs to the run."""

from tests.selftest.reported import settings_in_the_environment as bug

run = bug.kept(bug.of_the_run)
