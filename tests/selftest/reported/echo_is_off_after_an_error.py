"""A terminal showed nothing of what was typed, after a program had been left by an exception.

Here the terminal of the caller does not echo while a run is under way.  After an error, or an
interrupt, it stays so.
"""

import os
import termios

from tests.selftest.defects import honest

REPORT = "https://github.com/livekit-examples/python-agents-examples/issues/83"
CAUGHT_BY = ("E6",)


@honest.careful
def run(n, workers):
    if not os.isatty(0):
        return honest.run(n, workers)
    before = termios.tcgetattr(0)
    silent = before.copy()
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, silent)
    result = honest.run(n, workers)
    termios.tcsetattr(0, termios.TCSANOW, before)
    return result
