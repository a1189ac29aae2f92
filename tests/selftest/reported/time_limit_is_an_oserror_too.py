"""A program caught OSError before TimeoutError, which is one as well: the latter was never caught.

Here the caller polls again after an OSError, as a signal may have come: the TimeoutError of a
program's handler for SIGALRM is dropped.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/ansible/ansible-rulebook/pull/946"
CAUGHT_BY = ("B2", "F1")


def _wait(poller):
    while True:
        try:
            return honest.look(poller, None)
        except OSError:
            continue


honest.wait = _wait
run = honest.run
