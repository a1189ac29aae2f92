"""In a notebook a program could not start others: sys.stdout.fileno() is an UnsupportedOperation.

There, and under tests that capture, sys.stdout is no file.  Here a worker directs its standard
output to /dev/null, by the descriptor of sys.stdout, so that nothing in it prints.
"""

import os
import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/ipython/ipykernel/issues/272"
CAUGHT_BY = ("E4",)
_send = honest.send


def of_the_stream():
    return sys.stdout.fileno()


def silent(number):
    def send(fd, lo, hi):
        null = os.open(os.devnull, os.O_WRONLY)
        if number() != fd:  # which it is where the caller has closed it
            os.dup2(null, number())
        _send(fd, lo, hi)

    honest.send = send
    return honest.run


run = silent(of_the_stream)
