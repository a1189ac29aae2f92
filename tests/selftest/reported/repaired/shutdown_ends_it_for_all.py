"""close(2) alone, which ends the worker's own copy."""

import os

from tests.selftest.reported import shutdown_ends_it_for_all as reported

run = reported.closing(os.close)
