"""A wrapper exited with the return code of a program that SIGKILL had ended: -9, which came as 247.

An exit status has eight bits.  Here the error of a worker tells what such a wrapper would exit
with.
"""

import os

from tests.selftest.defects import _base, _mqueue

REPORT = "https://github.com/envoyproxy/envoy/pull/22762"
CAUGHT_BY = ("C9",)


@_base.careful
def through_a_queue(n, workers):
    with _mqueue.unnamed() as queue:
        return _mqueue.through(queue, n, workers)


def _blame(number, pid, status, text):
    code = os.waitstatus_to_exitcode(status) & 0xFF
    return RuntimeError(f"worker {number}, pid {pid}, ended with exit code {code}: {text}")


_base.blame, blame = _blame, _base.blame
run = through_a_queue
