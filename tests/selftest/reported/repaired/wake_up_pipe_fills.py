"""A wake-up that finds the pipe full is dropped: there are enough in it."""

from tests.selftest.reported.wake_up_pipe_fills import woken

run = woken(blocking=False)
