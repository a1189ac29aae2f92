"""It is unregistered at the end of the run."""

import atexit

from tests.selftest.reported import exit_handlers_are_kept as reported

run = reported.handling(atexit.unregister)
