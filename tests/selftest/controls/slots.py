"""Anonymous shared memory with a slot a worker; an epoll of process descriptors tells the ends."""

import ctypes
import math
import mmap
import os
import select
import signal
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_SLOT = struct.Struct("@d?255p")  # a sum, whether it is there, and what was raised
_prctl = ctypes.CDLL(None).prctl


def unsupported():
    """Ask for process descriptors, Linux 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        return f"no process descriptors: {error}"
    return None


def _work(parent, memory, number, n, workers):
    status = 1
    try:
        _prctl(1, signal.SIGKILL)
        if os.getppid() == parent:
            where = _SLOT.size * number
            try:
                total = math.fsum(1 / (4 * k * (k + 1) + 1) for k in range(number, n, workers))
                _SLOT.pack_into(memory, where, total, True, b"")
                status = 0
            except BaseException as error:
                _SLOT.pack_into(memory, where, 0, False, repr(error).encode()[:250])
                raise
    finally:
        os._exit(status)


def _status(pid):
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def _judge(memory, number, pid):
    code = _status(pid)
    value, there, text = _SLOT.unpack_from(memory, _SLOT.size * number)
    if code or not there:
        how = f"signal {-code}" if code < 0 else f"status {code}"
        raise RuntimeError(f"process {pid} ended by {how} {text.decode(errors='replace')}")
    return value


def run(n, workers):
    for value in (n, workers):
        if type(value) is not int:
            raise TypeError(f"an int was to be given, not {value!r}")
    if n < 0 or workers < 1:
        raise ValueError(f"n >= 0 and workers >= 1 were to be given, not {n!r} and {workers!r}")
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _with_handlers())
        with mmap.mmap(-1, _SLOT.size * workers) as memory, select.epoll() as poll:
            return _run(n, workers, memory, poll)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _with_handlers():
    return [s for s in signal.valid_signals() if callable(signal.getsignal(s))]


def _ends(poll, alive, timeout=None):
    """Yield (number, pid) of the workers that have ended; handlers run only while it waits."""
    signals = _with_handlers()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, signals)
        ready = poll.poll(timeout)
    finally:
        pthread_sigmask(signal.SIG_BLOCK, signals)
    for fd, _ in ready:
        worker = alive.pop(fd)
        poll.unregister(fd)
        os.close(fd)
        yield worker


def _run(n, workers, memory, poll):
    parent = os.getpid()
    alive, sums = {}, []
    try:
        for number in range(workers):
            pid = os.fork()
            if pid == 0:
                _work(parent, memory, number, n, workers)
            fd = None
            try:
                fd = os.pidfd_open(pid)
            except ProcessLookupError:  # it is over, and SIGCHLD is ignored
                sums.append(_judge(memory, number, pid))
            except OSError:
                os.kill(pid, signal.SIGKILL)
                _status(pid)
                raise
            if fd is not None:
                alive[fd] = number, pid
                poll.register(fd, select.EPOLLIN)
            sums += [_judge(memory, *worker) for worker in _ends(poll, alive, 0)]
        while alive:
            sums += [_judge(memory, *worker) for worker in _ends(poll, alive)]
        return math.sqrt(8 * math.fsum(sums))
    finally:
        if os.getpid() == parent:
            for fd, (_, pid) in alive.items():
                try:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                _status(pid)
        for fd in alive:
            os.close(fd)
