"""Only those that have ended are waited for."""

from tests.selftest.reported import stopped_worker_counts_as_ended as reported

reported.flags = 0
run = reported.run
