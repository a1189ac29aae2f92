"""Perl: fork(2) that failed by EAGAIN was tried again, every five seconds, for ever.

At a limit on processes it never succeeds, as the program itself holds them.  Here the caller does
so, too.
"""

import os
import select
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/Perl/perl5/issues/12178"
CAUGHT_BY = ("C13",)
_PAUSE = 5000  # milliseconds


def _fork():
    while True:
        try:
            return os.fork()
        except BlockingIOError:  # EAGAIN
            honest.look(select.poll(), _PAUSE)


honest.os = SimpleNamespace(**vars(os) | {"fork": _fork})
run = honest.run
