"""A worker leaves by _exit(2)."""

import os

from tests.selftest.reported import leaves_by_exit_of_c as reported

run = reported.leaving(os._exit)
