"""lmdeploy called recv_pyobj(), which is pickle.loads, on what any peer had sent to its socket.

Here the results come by a Unix socket as pickles of a fixed length, and who has sent them is not
looked at.  What pickle calls, another process of the user chooses.
"""

import os
import pickle

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/InternLM/lmdeploy/issues/4804"
CAUGHT_BY = ("G4", "G2", "G5")
SIZE = 64


def _pack(number, value):
    return pickle.dumps((number, value)).ljust(SIZE, b"\0")  # the end of a pickle is in itself


def _unpack(frame):
    try:
        number, value = pickle.loads(frame)  # noqa: S301 - the bug
    except Exception:  # noqa: BLE001 - it may be any
        return {}
    return {number: value}


def through(n, workers, **how):
    """Run; how: what _socket.unix takes."""
    with _socket.private_directory() as directory:
        return _socket.unix(os.path.join(directory, "socket"), n, workers, **how)


@_base.careful
def run(n, workers):
    return through(n, workers, pack=_pack, unpack=_unpack, size=SIZE, trust=True)
