"""The caller asks without end."""

import os

from tests.defects import honest

CAUGHT_BY = ("D2",)
_receive = honest.receive


def _spin(pids, readers):
    for pid in pids.values():
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            pass
    return _receive(pids, readers)


honest.receive = _spin
run = honest.run
