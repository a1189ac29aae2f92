"""A worker unblocks SIGTERM, when it has set the default action."""

import signal

from tests.selftest.defects import honest
from tests.selftest.reported import signal_of_the_end_is_blocked as bug


def _begin():
    bug.default_action()
    honest.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


run = bug.terminating(_begin)
