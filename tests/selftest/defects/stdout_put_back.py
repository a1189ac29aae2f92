"""Redirects what its clean-up may print, and then puts the interpreter's own stdout back."""

import os
import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)
_end = honest.end
_nowhere = open(os.devnull, "w")  # noqa: SIM115


def _silent(pids):
    sys.stdout = _nowhere
    try:
        _end(pids)
    finally:
        sys.stdout = sys.__stdout__


honest.end = _silent
run = honest.run
