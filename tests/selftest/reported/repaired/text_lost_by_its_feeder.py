"""The worker waits for its thread before it ends."""

from tests.selftest.reported.text_lost_by_its_feeder import told_by_a_thread

run = told_by_a_thread(flush=True)
