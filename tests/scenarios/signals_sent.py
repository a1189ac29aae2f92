"""An audit hook (PEP 578) that logs signals which the caller of a trial must not send.

The pid of a process that was reaped is free: it may be another program's by now, waitpid(2).  A
signal to a pidfd reaches nobody else, pidfd_send_signal(2), and Python has no audit event for it.
"""

import os
from typing import Any

from tests.scenarios.protocol import Log

_ALL = -1  # kill(2): every process that the sender may signal
_MOST = 20  # messages


class SignalsSent:
    """Logs each signal that this process sends to a free pid, to its own group, or to everybody."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._process = os.getpid()
        self._logged = 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at an event of os.kill or os.killpg: see Python's table of audit events."""
        if event not in ("os.kill", "os.killpg") or os.getpid() != self._process:
            return
        to, number = args
        if number == 0 or self._logged == _MOST:  # 0: it only asks whether there is a process
            return
        if why := _why_not(-to if event == "os.killpg" and to else to):
            self._logged += 1
            self._log("signalled", to=to, number=int(number), why=why)


def _why_not(to: int) -> str:
    """Return why nothing is to be sent to *to*, a pid as kill(2) has it, or ""."""
    if to == _ALL:
        return "to every process that it may signal"
    if to in (0, -os.getpgrp()):
        return "to its own process group, in which others may be"
    if to > 0 and not _exists(to):
        return f"to pid {to}, which no process has: it was reaped, and may be another's by now"
    return ""


def _exists(pid: int) -> bool:
    """Tell whether there is a process *pid*; a zombie, which was not reaped yet, is one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
