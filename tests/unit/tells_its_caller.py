"""A transport whose `run` raises what it sees of its caller, for test_callers."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time

_SOON = 0.1  # seconds in which others reap a child that has ended, if they do
_PAUSE = 1e-3


def run(n: int, workers: int) -> float:
    """Raise RuntimeError with the names of all that is unusual about this process."""
    raise RuntimeError(" ".join(sorted(name for name, holds in _facts().items() if holds)))


def _facts() -> dict[str, bool]:
    streams = sys.stdin, sys.stdout, sys.stderr
    stream = streams[1]
    return {
        "first": os.getpid() == 1 and os.readlink("/proc/self") == "1",
        "daemonic": bool(multiprocessing.current_process().daemon),
        "loop": asyncio._get_running_loop() is not None,
        "thread": threading.current_thread() is not threading.main_thread(),
        "none": streams == (None, None, None),
        "closed": bool(getattr(stream, "closed", False)),
        "memory": hasattr(stream, "getvalue"),
        "writes": stream is not None and not hasattr(stream, "flush"),
        "timeout": socket.getdefaulttimeout() is not None,
        "spawn": multiprocessing.get_start_method(allow_none=True) == "spawn",
        "embedded": not hasattr(sys, "argv") and not hasattr(sys.modules["__main__"], "__file__"),
        "handler": callable(signal.getsignal(signal.SIGCHLD)),
        "reaped": _reaped_by_others(),
    }


def _reaped_by_others() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    until = time.monotonic() + _SOON
    while time.monotonic() < until:
        try:
            os.kill(child, 0)  # it is there also as a zombie
        except ProcessLookupError:
            return True
        time.sleep(_PAUSE)
    os.waitpid(child, 0)
    return False
