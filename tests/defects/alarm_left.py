"""Guards itself by an alarm, and takes the caller's."""

import signal

from tests.defects import honest

CAUGHT_BY = ("E2",)


def run(n, workers):
    honest.check(n, workers)
    old = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(60)
    try:
        return honest.run(n, workers)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
