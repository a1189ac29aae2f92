"""The first process of a run: it is forked, installs the filter, and hands its listener over."""

import contextlib
import ctypes
import mmap
import os
import select
import socket
from collections.abc import Callable

from tests.gate.seccomp import Listener, Reach, Refused, install

ROOM = 1 << 16  # bytes of what a run tells

_FREE = 200  # a descriptor beyond those that a caller has, below every limit
_STARTS_IN = 20  # milliseconds in which the listener comes, where nothing holds that up
_GETFD = 438  # the number of pidfd_getfd(2), on each architecture

_libc = ctypes.CDLL(None)


def start(act: Callable[[], bytes], memory: mmap.mmap, reach: Reach) -> tuple[int, Listener]:
    """Fork the first process of a run; return its pid, and the listener of its calls.

    memory: of ROOM bytes, where it leaves what *act* returns: see `told`.

    Raises Refused.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            os.dup2(theirs.fileno(), _FREE)
            ours.close()
            theirs.close()
            _hand_over(_FREE, reach)
            text = act()[: ROOM - 4]
            memory[4 : 4 + len(text)] = text
            memory[:4] = len(text).to_bytes(4, "little")
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    with ours:
        listener = _taken(ours, pid)
    if isinstance(listener, str):
        os.waitpid(pid, 0)
        raise Refused(listener)
    return pid, Listener(listener)


def told(memory: mmap.mmap) -> bytes:
    """Return what the first process of a run has left there, b"" if it did not come so far."""
    length = int.from_bytes(memory[:4], "little")
    return memory[4 : 4 + length]


def _hand_over(free: int, reach: Reach) -> None:
    """Install the filter, and send the listener; if that is refused, send the reason, and exit.

    The number that the listener will have is sent before.
    """
    with socket.socket(fileno=free) as connection:
        os.close(number := os.dup(free))  # the lowest that is free
        connection.sendall(number.to_bytes(4, "little"))
        try:
            listener = install(free, reach)
        except Refused as reason:
            connection.sendall(str(reason).encode())
            os._exit(0)
        with contextlib.suppress(OSError):  # it was taken meanwhile
            socket.send_fds(connection, [b"!"], [listener])
    os.close(listener)


def _taken(ours: socket.socket, pid: int) -> int | str:
    """Return the listener of the process *pid*, or why it has none.

    The process may be held before it has sent it: Python takes memory from the system at times, and
    if calls.OWN are held, so is that call.  Then the descriptor is taken out of the process.
    """
    number = int.from_bytes(ours.recv(4), "little")
    poller = select.poll()
    poller.register(ours, select.POLLIN)
    while not poller.poll(_STARTS_IN):
        if (fd := _descriptor_of(pid, number)) >= 0:
            return fd
    said, fds, _, _ = socket.recv_fds(ours, 1000, 1)
    return fds[0] if fds else said.decode()


def _descriptor_of(pid: int, number: int) -> int:
    """Return a copy of descriptor *number* of the process; -1 if there is none, or if refused."""
    pidfd = os.pidfd_open(pid)
    try:
        return int(_libc.syscall(_GETFD, pidfd, number, 0))
    finally:
        os.close(pidfd)
