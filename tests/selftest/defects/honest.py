"""A correct transport in a hundred lines that does not know this project."""

import contextlib
import ctypes
import math
import os
import select
import signal
import struct

PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl


def term_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def combine(sums):
    return math.sqrt(8 * math.fsum(sums))


def check(n, workers):
    for name, value, least in (("n", n, 0), ("workers", workers, 1)):
        if type(value) is not int:
            raise TypeError(f"{name} must be an int, not {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")


def bounds(n, workers):
    return [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]


def pack(value):
    return struct.pack("d", value)


def send(fd, lo, hi):
    message = pack(term_sum(lo, hi))
    while message:
        message = message[os.write(fd, message) :]


def child(parent, r, w, lo, hi):
    status = 1
    try:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.close(r)
        try:
            send(w, lo, hi)
        except BaseException as error:
            os.write(w, b"!" * 8 + f"{type(error).__name__}: {error}".encode()[:400])
            raise
        status = 0
    finally:
        os._exit(status)


def reap(pid):
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:  # SIGCHLD is ignored: it is gone by now
        return 0


def wait(poller):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return poller.poll()
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def lost(pid, status, said):
    code = os.waitstatus_to_exitcode(status)
    name = signal.Signals(-code).name if code < 0 else code
    raise RuntimeError(f"pid {pid} ended with {name}: {said[8:].decode()}")


def receive(pids, readers):
    """Return what each worker said, having read to its end of file."""
    said = dict.fromkeys(readers, b"")
    poller = select.poll()
    for r in readers:
        poller.register(r, select.POLLIN)
    left = len(readers)
    while left:
        for r, _ in wait(poller):
            data = os.read(r, 512)
            said[r] += data
            if data:
                continue
            poller.unregister(r)
            left -= 1
            pid = pids.pop(r)
            status = reap(pid)
            if status or len(said[r]) != 8:
                said[r] = lost(pid, status, said[r])
    return said


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        reap(pid)


def run(n, workers):
    check(n, workers)
    pids = {}
    parent = os.getpid()
    open_now = set()
    # Ctrl-C may come while we wait, and not between a pipe and its name here.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for lo, hi in bounds(n, workers):
            r, w = os.pipe()
            open_now |= {r, w}
            pid = os.fork()
            if pid == 0:
                child(parent, r, w, lo, hi)
            pids[r] = pid
            os.close(w)
            open_now.remove(w)
        said = receive(pids, list(pids))
        return combine(struct.unpack("d", s)[0] for s in said.values())
    finally:
        end(pids.values())
        for fd in open_now:
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
