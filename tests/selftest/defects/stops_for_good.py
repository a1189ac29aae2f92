"""A worker is a background job of the terminal, touches its settings, and is stopped for good.

tcsetattr(3): who does so from the background gets SIGTTOU.
"""

import os
import termios

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)

_send = honest.send


def _send_from_the_background(fd, lo, hi):
    os.setpgid(0, 0)
    if os.isatty(0):
        termios.tcsetattr(0, termios.TCSANOW, termios.tcgetattr(0))
    _send(fd, lo, hi)


honest.send = _send_from_the_background
run = honest.run
