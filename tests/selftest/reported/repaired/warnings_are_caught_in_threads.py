"""The warning is the caller's."""

import os

from tests.selftest.reported import warnings_are_caught_in_threads as reported

run = reported.forking(os.fork)
