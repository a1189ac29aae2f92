"""A test runner exited with the number of tests that had failed: 256 of them were a success.

An exit code has eight bits.  Here a worker exits with its number, and the caller enters its sum
under that one: number 256 is entered in the place of number 0.
"""

import os
import signal

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/mesonbuild/meson/issues/15251"
CAUGHT_BY = ("A1",)
_watch = honest.watch


def _child(parent, r, w, lo, hi):
    status = 1
    try:
        honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.close(r)
        try:
            honest.send(w, lo, hi)
        except BaseException as error:
            os.write(w, b"!" * 8 + honest.described(error))
            raise
        status = len(_call.current().numbers)
    finally:
        os._exit(status)


def _remember(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    numbers = _call.current().numbers
    numbers[r] = len(numbers)


def entering(number_of):
    """Return run; number_of(code, number): that of a worker, by its exit code, and by its pipe."""

    def take(pids, said, poller, ready):
        for over, _ in ready:
            poller.unregister(over)
            pid, r = pids.pop(over)
            number = _call.current().numbers[r]
            try:
                status = os.waitpid(pid, 0)[1]
            except ChildProcessError:  # somebody else has reaped it, and its code is lost
                status = number << 8
            text = honest.drain(r)
            if os.WIFSIGNALED(status) or len(text) != 8:
                honest.lost(pid, status, text)
            del said[r]
            said["number", number_of(os.waitstatus_to_exitcode(status), number)] = text

    @honest.careful
    def run(n, workers):
        with _call.call(numbers={}):
            return honest.run(n, workers)

    honest.child, honest.watch, honest.take = _child, _remember, take
    return run


run = entering(lambda code, number: code)
