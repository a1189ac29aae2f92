"""What is written to a worker makes no SIGPIPE: MSG_NOSIGNAL."""

from tests.selftest.reported import writes_to_a_dead_worker as reported

run = reported.telling(reported.write_without_a_signal)
