"""Objects that had registered at os.register_at_fork were never freed: nothing unregisters them.

Here each run registers what its children are to forget.  A process that calls `run` for days has
a call more at each fork for each of them, and the memory of all of them.
"""

import os

from tests.selftest.reported import _kept

REPORT = "https://github.com/open-telemetry/opentelemetry-python/pull/4449"
CAUGHT_BY = ("B1",)


def each(started):
    os.register_at_fork(after_in_child=started.end)


run = _kept.registering(each)
