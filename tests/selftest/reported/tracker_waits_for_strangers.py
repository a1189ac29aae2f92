"""The process that tracks resources is waited for at the end, and waits itself for an end of file.

That does not come while a child that the program has forked lives: it holds the pipe open. Here the
guard of a fifo is waited for in this way.
"""

import contextlib
import os
import signal

from tests.selftest.defects import _base, _fifo, honest
from tests.selftest.reported.directory_for_all_users import through_a_fifo

REPORT = "https://github.com/python/cpython/issues/146313"
CAUGHT_BY = ("E8",)


def guarded(end):
    """Return run.

    end: ends the guard, which has this pid, and hears of it by this pipe.
    """

    @contextlib.contextmanager
    def guard(remove):
        caller = os.getpid()
        r, w = os.pipe()
        try:
            mask = honest.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            try:
                pid = os.fork()
                if pid == 0:
                    _base.watch(r, w, caller, remove)
            finally:
                os.close(r)
                honest.pthread_sigmask(signal.SIG_SETMASK, mask)
            try:
                yield
            finally:
                if os.getpid() == caller:
                    remove()
                    w = end(pid, w)
        finally:
            if w is not None:
                os.close(w)

    _base.guard = guard
    return through_a_fifo(_fifo.private_directory)


def wait_for(pid, w):
    os.close(w)
    honest.reap(pid)


def kill(pid, w):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    honest.reap(pid)
    return w


run = guarded(wait_for)
