"""Redirects what its clean-up may print, and then puts the interpreter's own stdout back."""

import os
import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)
_end = honest.end


def _silent(pids):
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        try:
            _end(pids)
        finally:
            sys.stdout = sys.__stdout__


honest.end = _silent
run = honest.run
