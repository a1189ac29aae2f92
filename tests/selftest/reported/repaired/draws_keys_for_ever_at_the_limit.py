"""Another key is drawn only if there is a queue of this one; else the error names the limit."""

import sysv_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import draws_keys_for_ever_at_the_limit as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, sysv_ipc.ExistentialError)
