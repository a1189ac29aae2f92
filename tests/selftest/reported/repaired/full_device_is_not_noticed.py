"""A write that fails ends the run."""

from tests.selftest.reported import full_device_is_not_noticed as bug

run = bug.keeping(bug.checked)
