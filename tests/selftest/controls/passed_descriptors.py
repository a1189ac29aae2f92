"""A worker passes a sealed file in memory that has its sum: SCM_RIGHTS of unix(7)."""

import contextlib
import ctypes
import errno
import fcntl
import math
import os
import select
import signal
import socket
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_HEAD = struct.Struct("=I")  # the number of a worker
_SUM = struct.Struct("=d")
_LETTER = 512  # bytes
_prctl = ctypes.CDLL(None).prctl


def unsupported():
    """Ask for files that can be sealed, fcntl(2)."""
    return None if hasattr(os, "memfd_create") else "this system has no memfd_create"


def _sealed(value):
    """Return the descriptor of a file with *value*, which nobody can change any more."""
    fd = os.memfd_create("sum", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    data = _SUM.pack(value)
    while data:
        data = data[os.write(fd, data) :]
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def _unsealed(fd):
    """Return what _sealed was given."""
    if not fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE:
        raise OSError("that file is not sealed")
    data = b""
    while len(data) < _SUM.size and (more := os.pread(fd, _SUM.size, len(data))):
        data += more
    return _SUM.unpack(data)[0]


def _work(parent, number, post, terms):
    done = False
    try:
        _prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            return
        head = _HEAD.pack(number)
        try:
            fd = _sealed(math.fsum(1 / (odd * odd) for odd in terms))
            socket.send_fds(post, [head], [fd])
            done = True
        except BaseException as error:
            text = repr(error).encode(errors="backslashreplace")
            post.send((head + text)[:_LETTER])
            raise
    finally:
        os._exit(0 if done else 1)


def _read_post(post, sums, texts):
    """Take all that has come: a file, or the text of an exception."""
    while True:
        try:
            data, fds, flags, _ = socket.recv_fds(post, _LETTER, 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if flags & socket.MSG_CTRUNC:  # there was no descriptor for it
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        (number,) = _HEAD.unpack_from(data)
        for fd in fds:
            try:
                sums[number] = _unsealed(fd)
            finally:
                os.close(fd)
        texts[number] = data[_HEAD.size :].decode(errors="replace")


def _exit_code(pid):
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # reaped by the kernel, or by another part of this program
        return None


def _end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _exit_code(pid)


def _with_handlers():
    return [number for number in signal.valid_signals() if callable(signal.getsignal(number))]


def _sleep(poller, milliseconds):
    numbers = _with_handlers()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        return [fd for fd, _ in poller.poll(milliseconds)]
    finally:
        pthread_sigmask(signal.SIG_BLOCK, numbers)


def run(n, workers):
    if type(n) is not int or type(workers) is not int:
        raise TypeError(f"run({n!r}, {workers!r}): both are ints")
    if n < 0 or workers <= 0:
        raise ValueError(f"run({n}, {workers}): the least are 0 and 1")
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _with_handlers())
        with contextlib.ExitStack() as stack:
            return _run(n, workers, stack)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(n, workers, stack):
    parent, alive, sums, texts = os.getpid(), {}, {}, {}

    def tend(milliseconds):
        over = [fd for fd in _sleep(poller, milliseconds) if fd in alive]
        _read_post(inbox, sums, texts)
        for fd in over:
            poller.unregister(fd)
            number, pid = alive.pop(fd)
            code = _exit_code(pid)
            if code or number not in sums:
                how = f"signal {-code}" if code and code < 0 else f"status {code}"
                text = texts.get(number, "")
                raise ChildProcessError(f"worker {number} (pid {pid}) ended: {how} {text}")

    def end_all():
        for _, pid in alive.values() if os.getpid() == parent else ():
            _end(pid)

    inbox, outbox = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stack.enter_context(inbox)
    stack.enter_context(outbox)
    inbox.setblocking(False)
    outbox.setblocking(True)
    stack.callback(end_all)
    poller = select.poll()
    poller.register(inbox, select.POLLIN)
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            _work(parent, number, outbox, range(2 * number + 1, 2 * n, 2 * workers))
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            fd = os.eventfd(1)
        except OSError:
            _end(pid)
            raise
        stack.callback(os.close, fd)
        alive[fd] = number, pid
        poller.register(fd, select.POLLIN)
        tend(0)
    while alive:
        tend(None)
    return math.sqrt(8 * math.fsum(sums.values()))
