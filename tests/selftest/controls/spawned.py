"""A fresh interpreter a worker, by posix_spawn(3), which writes its sum to a pipe."""

import math
import os
import select
import signal
import struct
import sys

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

# Their tests meet locks at calls into C, or a call of os.fork: these workers start afresh.
UNMET = ("C4", "C13")

_SUM = struct.Struct("d")
_PLACE = 3  # the descriptor at which a worker has its pipe

_PROGRAM = """
import ctypes, math, os, signal, struct, sys

parent, lo, hi = map(int, sys.argv[1:])
try:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    data = struct.pack("d", math.fsum((2 * k + 1) ** -2 for k in range(lo, hi)))
    while data:
        data = data[os.write(3, data):]
    os._exit(0)
except BaseException as error:
    os.write(3, b"exception" + repr(error).encode(errors="backslashreplace")[:400])
    os._exit(1)
"""


def _spawn(writer, *words):
    """Start a worker with *writer* at _PLACE; return its pid."""
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", _PROGRAM, *map(str, words)],
        os.environ,
        # Also from a number to itself: then it clears the flag FD_CLOEXEC, as POSIX has it.
        file_actions=[(os.POSIX_SPAWN_DUP2, writer, _PLACE)],
    )


def _reaped(pid):
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def _killed(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _reaped(pid)


def _life(pid):
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:  # over, and somebody has reaped it
        return os.eventfd(1)
    except OSError:
        _killed(pid)
        raise


def _said(reader):
    said = b""
    os.set_blocking(reader, False)
    try:
        while more := os.read(reader, 512):
            said += more
    except BlockingIOError:
        pass
    return said


def _handlers():
    return [number for number in signal.valid_signals() if callable(signal.getsignal(number))]


class _Workers:
    def __init__(self):
        self.poller, self.fds, self.alive, self.sums = select.poll(), [], {}, []

    def add(self, lo, hi):
        reader, writer = os.pipe()
        self.fds.append(reader)
        try:
            pid = _spawn(writer, os.getpid(), lo, hi)
        finally:
            os.close(writer)
        life = _life(pid)
        self.fds.append(life)
        self.alive[life] = pid, reader
        self.poller.register(life, select.POLLIN)

    def look(self, patience=None):
        numbers = _handlers()
        try:
            pthread_sigmask(signal.SIG_UNBLOCK, numbers)
            ready = self.poller.poll(patience)
        finally:
            pthread_sigmask(signal.SIG_BLOCK, numbers)
        for life, _ in ready:
            self.poller.unregister(life)
            pid, reader = self.alive.pop(life)
            code, said = _reaped(pid), _said(reader)
            if code or len(said) != _SUM.size:
                how = f"signal {-code}" if code < 0 else f"status {code}"
                raise ChildProcessError(
                    f"worker {pid} ended: {how} {said[9:].decode(errors='replace')}"
                )
            self.sums += _SUM.unpack(said)

    def close(self, mine):
        for pid, _ in self.alive.values() if mine else ():
            _killed(pid)
        for fd in self.fds:
            os.close(fd)


def run(n, workers):
    for value in n, workers:
        if type(value) is not int:
            raise TypeError(f"ints, please, and not {value!r}")
    if n < 0 or workers < 1:
        raise ValueError(f"n={n!r}, workers={workers!r}")
    caller = os.getpid()
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _handlers())
        crew = _Workers()
        try:
            for number in range(workers):
                crew.add(number * n // workers, (number + 1) * n // workers)
                crew.look(0)
            while crew.alive:
                crew.look()
            return math.sqrt(8 * math.fsum(crew.sums))
        finally:
            crew.close(mine=os.getpid() == caller)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)
