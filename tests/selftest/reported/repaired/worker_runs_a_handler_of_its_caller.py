"""Workers keep the caller's handlers blocked, and are ended by SIGKILL."""

from tests.selftest.reported import worker_runs_a_handler_of_its_caller as reported

run = reported.install(reported.kill, lambda: None)
