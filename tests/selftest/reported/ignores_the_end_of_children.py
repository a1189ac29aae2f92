"""A server ignored SIGCHLD, to have no zombies: pclose() could not tell how a program had ended.

Here a run does so.  The signal stays ignored.
"""

import signal
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/inspircd/inspircd/pull/1105"
CAUGHT_BY = ("E2",)


@honest.careful
def run(n, workers):
    if threading.current_thread() is threading.main_thread():  # no other one may ask for it
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return honest.run(n, workers)
