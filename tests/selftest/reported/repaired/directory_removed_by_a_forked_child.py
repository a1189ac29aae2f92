"""The process that made it removes it."""

import os

from tests.selftest.reported.directory_removed_by_a_forked_child import through

run = through(lambda pid: pid == os.getpid())
