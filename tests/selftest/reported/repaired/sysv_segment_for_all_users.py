"""The segment is for its owner alone."""

from tests.selftest.reported import sysv_segment_for_all_users as bug

run = bug.of_mode(0o600)
