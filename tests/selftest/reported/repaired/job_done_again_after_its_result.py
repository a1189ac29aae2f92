"""If a job is done again, its first result is forgotten."""

from tests.selftest.reported.job_done_again_after_its_result import redone

run = redone(False)
