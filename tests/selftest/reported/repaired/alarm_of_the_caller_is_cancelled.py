"""There is no alarm: a process that has got SIGKILL ends."""

import contextlib

from tests.selftest.reported.alarm_of_the_caller_is_cancelled import cleaning

run = cleaning(contextlib.nullcontext)
