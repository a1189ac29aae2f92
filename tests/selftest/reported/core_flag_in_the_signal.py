"""A server logged "Worker was sent code 134" for a worker that SIGABRT had ended.

The seventh bit of the status says that there is a core file.  Here it is left in the number, so
that the error names no signal.  It shows where core files are written alone (RLIMIT_CORE).
"""

import os
import signal

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/benoitc/gunicorn/issues/3434"
CAUGHT_BY = ("C9",)
MISSED = "trials may write no core files: one would be taken for a file that the run has left"


def lower_byte(status):
    if os.WIFEXITED(status):
        return str(os.WEXITSTATUS(status))
    try:
        return signal.Signals(status & 0xFF).name
    except ValueError:
        return f"code {status & 0xFF}"


run = _srv_words.install(name=lower_byte)
