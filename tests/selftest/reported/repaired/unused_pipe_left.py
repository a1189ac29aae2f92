"""The writer is closed in any case."""

import os

from tests.selftest.reported.unused_pipe_left import with_errors

run = with_errors(os.close)
