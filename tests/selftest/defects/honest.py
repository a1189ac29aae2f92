"""A correct transport in a hundred lines that does not know this project."""

import contextlib
import ctypes
import functools
import math
import os
import select
import signal
import struct

# That of the module signal is written in Python: a handler could break in before it blocks.
from _signal import pthread_sigmask

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


def described(error):
    """Type and text of what a worker has raised, which may have any class: 400 bytes at most."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - of a class whose __str__ raises
        text = type(error).__name__
    return text.encode(errors="backslashreplace")[:400]


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
            os.write(w, b"!" * 8 + described(error))
            raise
        status = 0
    finally:
        os._exit(status)


def reap(pid):
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:  # SIGCHLD is ignored: it is gone by now
        return 0


def handled():
    """The signals that have a handler in Python: it may raise between any two bytecodes."""
    return [number for number in range(1, signal.NSIG) if callable(signal.getsignal(number))]


def careful(run):
    """Check the arguments of run, and let no handler in but where it waits or looks."""

    @functools.wraps(run)
    def checked(n, workers):
        check(n, workers)
        before = pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            pthread_sigmask(signal.SIG_BLOCK, handled())
            return run(n, workers)
        finally:
            pthread_sigmask(signal.SIG_SETMASK, before)

    return checked


def wait(poller):
    return look(poller, None)


def look(poller, patience=0):
    """Let the handlers of signals in; return what is ready."""
    deaf = handled()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, deaf)
        return poller.poll(patience)
    finally:
        pthread_sigmask(signal.SIG_BLOCK, deaf)


def lost(pid, status, said):
    code = os.waitstatus_to_exitcode(status)
    name = f"signal {-code}" if code < 0 else code
    raise RuntimeError(f"pid {pid} ended with {name}: {said[8:].decode(errors='replace')}")


def watch(pid, r, pids, open_now, poller):
    """Have the poller tell the end of a worker.

    The end of file of its pipe would not, as long as somebody else's child has the pipe open too.
    """
    try:
        over = os.pidfd_open(pid)
    except ProcessLookupError:  # it is over, and SIGCHLD is ignored
        over = os.eventfd(1)
    except OSError:
        end([pid])
        raise
    open_now.add(over)
    pids[over] = pid, r
    poller.register(over, select.POLLIN)


def drain(r):
    text = b""
    os.set_blocking(r, False)
    with contextlib.suppress(BlockingIOError):
        while more := os.read(r, 512):
            text += more
    return text


def ended(pids, said, poller, ready):
    """Take the ends of workers, and what they have said; yield pipe, pid and status of each."""
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids.pop(over)
        status = reap(pid)
        said[r] = drain(r)
        yield r, pid, status


def take(pids, said, poller, ready):
    """Blame the first worker that has not ended well."""
    for r, pid, status in ended(pids, said, poller, ready):
        if status or len(said[r]) != 8:
            said[r] = lost(pid, status, said[r])


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        reap(pid)


@careful
def run(n, workers):
    pids, said = {}, {}
    poller = select.poll()
    parent = os.getpid()
    open_now = set()
    try:
        for lo, hi in bounds(n, workers):
            r, w = os.pipe()
            open_now |= {r, w}
            pid = os.fork()
            if pid == 0:
                child(parent, r, w, lo, hi)
            watch(pid, r, pids, open_now, poller)
            said[r] = b""
            os.close(w)
            open_now.remove(w)
            take(pids, said, poller, look(poller))
        while pids:
            take(pids, said, poller, wait(poller))
        return combine(struct.unpack("d", s)[0] for s in said.values())
    finally:
        if os.getpid() == parent:  # and no child that a handler has forked
            end(pid for pid, _ in pids.values())
        for fd in open_now:
            os.close(fd)
