"""What a process inherits of the signals of the one that has started it: execve(2), fork(2)."""

import signal

# Python ignores these from its start on: they come as errors of the call (library, signal).
_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}

# Children cannot be waited for where SIGCHLD is ignored (wait(2), NOTES); pytest-timeout takes
# SIGALRM.
_OF_THE_SUITE = {signal.SIGCHLD, signal.SIGALRM}


def reset() -> None:
    """Give each signal the effect that it has in an interpreter that somebody starts by hand.

    A shell without job control lets its background jobs ignore SIGINT and SIGQUIT (POSIX, Shell
    Command Language, 2.11), nohup(1) ignores SIGHUP, and a parent may ignore or block any other.
    """
    _take(signal.valid_signals() - _IGNORED_BY_PYTHON)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def take_those_of_the_suite() -> None:
    """Take, in the process of pytest, the signals that it needs; leave the others as they are."""
    _take(_OF_THE_SUITE)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_THE_SUITE)


def _take(signals: set[signal.Signals]) -> None:
    for number in signals:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
