"""Two parts of a database had one System V key: ftok(3) makes it of a path and of eight bits.

Here the key of the queue is that of the temporary directory, for all runs.
"""

import tempfile
from types import SimpleNamespace

import sysv_ipc

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/naver/nbase-arc/pull/107"
CAUGHT_BY = ("B4", "E1", "E7", "G3")


def _key_less_one(_):
    return sysv_ipc.ftok(tempfile.gettempdir(), ord("p"), True) - 1


@_base.careful
def run(n, workers):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers)


_queue.secrets = SimpleNamespace(randbelow=_key_less_one)
