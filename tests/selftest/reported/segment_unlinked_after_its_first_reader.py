"""A segment was unlinked when one of several readers had it: "No such file: '/psm_5bef5080'".

The workers open one segment by its name.  The caller removes the name as soon as one of them has
said that it is done.  Whoever opens it later fails: every third run of two workers under load.
"""

import contextlib

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named

REPORT = "https://github.com/sgl-project/sglang/pull/21655"
CAUGHT_BY = ("A2",)


def through(n, workers, enough):
    """Run; enough: the number of results after which the name is removed."""

    def heard(name, count):
        if count >= enough:
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_shared_memory(name)

    return _os_named.through(n, workers, heard=heard)


@_base.careful
def run(n, workers):
    return through(n, workers, 1)
