"""Its workers must not wait for a reader of the standard output, which the caller has as well."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)
_child = honest.child


def _at_birth(*args):
    os.set_blocking(1, False)
    _child(*args)


honest.child = _at_birth
run = honest.run
