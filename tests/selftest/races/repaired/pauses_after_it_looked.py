"""The signal is blocked, and the caller waits for it to be pending."""

import functools
import signal

from tests.selftest.defects import honest
from tests.selftest.races.pauses_after_it_looked import through


def wait_for_one():
    signal.sigwait({signal.SIGCHLD})


run = honest.careful(functools.partial(through, {signal.SIGCHLD}, wait_for_one))
