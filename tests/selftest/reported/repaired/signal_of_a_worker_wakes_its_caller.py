"""The worker forgets the wakeup descriptor before it has a handler."""

from tests.selftest.reported import signal_of_a_worker_wakes_its_caller as reported

run = reported.ended.install(reported.terminate, reported.listen_alone)
