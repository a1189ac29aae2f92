"""The error of a dead worker is raised at once."""

from tests.selftest.reported import error_after_all_other_results as bug

run = bug.blaming(bug.at_once)
