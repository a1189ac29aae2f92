"""No lock: the name of the memory is random, so that nobody else makes it."""

import contextlib

from tests.selftest.defects import _base
from tests.selftest.reported import lock_file_that_all_users_share as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, contextlib.nullcontext())
