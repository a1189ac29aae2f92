"""One handler for all, which is registered with the module."""

import atexit

from tests.selftest.reported import exit_handlers_are_kept as reported

atexit.register(reported.end_all)
run = reported.handling(lambda started: None)
