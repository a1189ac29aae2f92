"""A worker takes the default action for each signal, and blocks none, as a service manager does."""

import signal

from tests.selftest.defects import honest

_work = honest.child


def _child(*arguments):
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _work(*arguments)


honest.child = _child
run = honest.run
