"""The workers end with their caller, whoever has the pipe open."""

from tests.selftest.reported import workers_hold_the_queue_of_jobs as bug

run = bug.pooled(bug.ended_with_it)
