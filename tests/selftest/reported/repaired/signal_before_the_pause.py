"""The signal is blocked before it can come, and waits."""

import signal

from tests.selftest.defects import honest
from tests.selftest.reported import signal_before_the_pause as bug


def _prepare():
    honest.pthread_sigmask(signal.SIG_BLOCK, [bug.SEEN])
    return lambda: signal.sigwait([bug.SEEN])


run = bug.waiting(_prepare)
