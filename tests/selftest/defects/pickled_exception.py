"""The exception of a worker travels as a pickle, and is raised again in the caller.

CPython gh-103061: the pickle of an exception whose class takes other arguments cannot be read.
"""

import os
import pickle

from tests.selftest.defects import honest

CAUGHT_BY = ("C8",)


def _child(parent, r, w, lo, hi):
    try:
        honest.PRCTL(honest.PR_SET_PDEATHSIG, 9)
        if os.getppid() != parent:
            return
        os.close(r)
        try:
            honest.send(w, lo, hi)
        except BaseException as error:
            told = f"pid {os.getpid()}: {honest.described(error).decode(errors='replace')}"
            os.write(w, pickle.dumps((error if len(told) < 200 else None, told)))
            raise
        os._exit(0)
    finally:
        os._exit(1)


def _lost(pid, status, said):
    if said:
        error, told = pickle.loads(said)  # noqa: S301
        raise RuntimeError(f"worker raised: {told}") from error
    _usual(pid, status, said)


_usual = honest.lost
honest.child, honest.lost = _child, _lost
run = honest.run
