"""A handler of errors crashed where a process had died of a signal that has no name: ValueError.

Of the real-time signals Python's module signal names the first and the last.
"""

import os
import signal

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/pytorch/pytorch/pull/114696"
CAUGHT_BY = ("C9",)


def _name(status):
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else str(code)


run = _srv_words.install(name=_name)
