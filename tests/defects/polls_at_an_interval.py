"""The caller asks every fifty milliseconds."""

import os
import time

from tests.defects import honest

CAUGHT_BY = ("D2",)
_receive = honest.receive


def _doze(pids, readers):
    for pid in pids.values():
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.05)
    return _receive(pids, readers)


honest.receive = _doze
run = honest.run
