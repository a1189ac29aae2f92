"""Which calls may sleep.  Only such a call may fail with EINTR: signal(7)."""

import os
import struct

from tests.gate import paths
from tests.gate.seccomp import Notice

_IPC_NOWAIT = 0o4000  # <linux/ipc.h>
_FLAGS_AT = {"msgsnd": 3, "msgrcv": 4}  # the arguments
_OPERATION = struct.Struct("=Hhh")  # struct sembuf, semop(2)


def may_sleep(notice: Notice) -> bool:
    """Tell whether a call may wait for another process, as far as that is known here."""
    name, arguments = notice.name, notice.arguments
    if name in _FLAGS_AT:
        return not arguments[_FLAGS_AT[name]] & _IPC_NOWAIT
    if name in ("semop", "semtimedop"):
        size = _OPERATION.size * arguments[2]
        data = paths.memory(notice.tid, arguments[1], size)
        operations = list(_OPERATION.iter_unpack(data)) if len(data) == size else [(0, 0, 0)]
        return any(change <= 0 and not flags & _IPC_NOWAIT for _, change, flags in operations)
    if name in ("mq_timedsend", "mq_timedreceive"):
        return not paths.flags(notice.tid, arguments[0]) & os.O_NONBLOCK
    return True
