"""A file in memory that all workers write to, and an event counter that wakes the caller."""

import ctypes
import math
import os
import select
import signal
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_RECORD = struct.Struct("<d8s")
_DONE = b"complete"
_libc = ctypes.CDLL(None)


def unsupported():
    """Ask for memfd_create(2) and eventfd(2)."""
    return None if hasattr(os, "memfd_create") and hasattr(os, "eventfd") else "not on Linux"


def _at(fd, place, data=None):
    """Read or write a whole record, however little a call takes."""
    if data is not None:
        while data:
            count = os.pwrite(fd, data, place)
            data, place = data[count:], place + count
        return b""
    got = b""
    while len(got) < _RECORD.size and (more := os.pread(fd, _RECORD.size - len(got), place)):
        got, place = got + more, place + len(more)
    return got.ljust(_RECORD.size, b"\0")


def _worker(caller, number, memory, event, life, terms):
    status = 1
    try:
        _libc.prctl(1, signal.SIGKILL)
        if caller != os.getppid():
            return
        try:
            value = math.fsum(1 / (k * k) for k in terms)
            _at(memory, number * _RECORD.size, _RECORD.pack(value, _DONE))
            os.eventfd_write(event, 1)
        except BaseException as error:
            os.write(life, _said_of(error))
            raise
        status = 0
    finally:
        os._exit(status)


def _said_of(error):
    try:
        return ascii(error).encode()[:300]
    except BaseException:  # noqa: BLE001 - of a class whose methods raise
        return type(error).__name__.encode()


def _heard():
    """All signals that call a function of Python's."""
    return {number for number in signal.valid_signals() if callable(signal.getsignal(number))}


def _happened(poll, timeout=None):
    signals = _heard()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, signals)
        return poll.poll(timeout)
    finally:
        pthread_sigmask(signal.SIG_BLOCK, signals)


def run(n, workers):
    if type(n) is not int or type(workers) is not int:
        raise TypeError(f"run({n!r}, {workers!r}): both must be ints")
    if n < 0 or workers < 1:
        raise ValueError(f"run({n!r}, {workers!r}): too few terms or workers")
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _heard())
        return _run(n, workers)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(n, workers):
    fds, lives, caller = [], {}, os.getpid()

    def go_on(timeout=None):
        for fd, _ in _happened(poll, timeout):
            if fd == event:
                os.eventfd_read(event)
            elif fd in lives:
                _farewell(fd, lives, poll, memory)

    try:
        memory = os.memfd_create("pi")
        fds.append(memory)
        event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        fds.append(event)
        poll = select.poll()
        poll.register(event, select.POLLIN)
        for number in range(workers):
            read_end, write_end = os.pipe()
            fds += read_end, write_end
            pid = os.fork()
            if pid == 0:
                odd = range(2 * number + 1, 2 * n, 2 * workers)
                _worker(caller, number, memory, event, write_end, odd)
            os.close(fds.pop())
            try:
                life = os.pidfd_open(pid)
            except ProcessLookupError:  # over, and SIGCHLD is ignored
                life = os.eventfd(1)
            except OSError:
                os.kill(pid, signal.SIGKILL)
                _reap(pid)
                raise
            fds.append(life)
            lives[life] = number, pid, read_end
            poll.register(life, select.POLLIN)
            go_on(timeout=0)
        while lives:
            go_on()
        records = [_RECORD.unpack(_at(memory, i * _RECORD.size)) for i in range(workers)]
        return math.sqrt(8 * math.fsum(value for value, _ in records))
    finally:
        for _, pid, _ in lives.values() if os.getpid() == caller else ():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            _reap(pid)
        for fd in fds:
            os.close(fd)


def _reap(pid):
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return 0


def _farewell(fd, lives, poll, memory):
    poll.unregister(fd)
    number, pid, report = lives.pop(fd)
    status = _reap(pid)
    text = b""
    os.set_blocking(report, False)
    try:
        while more := os.read(report, 300):
            text += more
    except BlockingIOError:  # no end of file: another child has that pipe too
        pass
    if status or _RECORD.unpack(_at(memory, number * _RECORD.size))[1] != _DONE:
        how = f"exit status {status >> 8}"
        if os.WIFSIGNALED(status):
            how = f"signal {os.WTERMSIG(status)}"
        raise RuntimeError(f"worker {number}, process {pid}: {how} {text.decode()}")
