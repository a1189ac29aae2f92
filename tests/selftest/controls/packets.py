"""One pair of packet sockets for all workers; a pipe that nobody writes to tells each end."""

import contextlib
import ctypes
import math
import os
import selectors
import signal
import socket
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_PACKET = struct.Struct("!Id")
_prctl = ctypes.CDLL(None).prctl


def _check(n, workers):
    wrong = [v for v in (n, workers) if isinstance(v, bool) or not isinstance(v, int)]
    if wrong:
        raise TypeError(f"{wrong[0]!r} is not an int")
    if n < 0:
        raise ValueError(f"n = {n}: there is no negative number of terms")
    if workers < 1:
        raise ValueError(f"workers = {workers}: there must be one at least")


def _sum(lo, hi):
    return math.fsum(1.0 / (2.0 * k + 1.0) ** 2 for k in reversed(range(lo, hi)))


def _handled():
    return [s for s in signal.valid_signals() if callable(signal.getsignal(s))]


class _Crew(contextlib.ExitStack):
    def __init__(self):
        super().__init__()
        self.alive = {}
        self.pid = os.getpid()
        self.selector = self.enter_context(selectors.DefaultSelector())

    def start(self, number, work):
        reader, writer = os.pipe()
        parent = os.getpid()
        try:
            pid = os.fork()
            if pid == 0:
                self._live(parent, writer, work)
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        try:
            life = os.pidfd_open(pid)
        except ProcessLookupError:  # SIGCHLD is ignored, and it has ended
            life = os.eventfd(1)
        except OSError:
            os.close(reader)
            os.kill(pid, signal.SIGKILL)
            self._reap(pid)
            raise
        self.alive[life] = number, pid, reader
        self.selector.register(life, selectors.EVENT_READ)

    def _live(self, parent, writer, work):
        try:
            _prctl(1, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            try:
                work()
            except BaseException as error:
                os.write(writer, repr(error).encode(errors="backslashreplace")[:400])
                raise
            os._exit(0)
        finally:
            os._exit(1)

    def ready(self, timeout=None):
        handled = _handled()
        try:
            pthread_sigmask(signal.SIG_UNBLOCK, handled)
            return self.selector.select(timeout)
        finally:
            pthread_sigmask(signal.SIG_BLOCK, handled)

    def over(self, life):
        """Take leave of a worker that has ended; return (number, pid, exit code, text)."""
        self.selector.unregister(life)
        number, pid, reader = self.alive.pop(life)
        os.close(life)
        code = self._reap(pid)
        os.set_blocking(reader, False)
        text = b""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(reader, 400):
                text += more
        os.close(reader)
        return number, pid, code, text.decode(errors="replace")

    def _reap(self, pid):
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:
            return 0

    def __exit__(self, *details):
        for life, (_, pid, reader) in self.alive.items():
            os.close(life)
            os.close(reader)
            if os.getpid() == self.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self._reap(pid)
        return super().__exit__(*details)


def run(n, workers):
    _check(n, workers)
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _handled())
        with _Crew() as crew:
            return _run(crew, n, workers)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(crew, n, workers):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    crew.enter_context(ours)
    crew.enter_context(theirs)
    ours.setblocking(False)
    crew.selector.register(ours, selectors.EVENT_READ)
    sums = {}

    def take():
        with contextlib.suppress(BlockingIOError):
            while True:
                number, value = _PACKET.unpack(ours.recv(64))
                sums[number] = value

    def heed(ready):
        for key, _ in ready:
            if key.fileobj is ours:
                take()
                continue
            number, pid, code, text = crew.over(key.fd)
            take()
            if code or number not in sums:
                how = f"killed by signal {-code}" if code < 0 else f"exit {code}"
                raise RuntimeError(f"worker {number} (pid {pid}): {how} {text}")

    for number in range(workers):
        bounds = n * number // workers, n * (number + 1) // workers
        crew.start(number, lambda i=number, b=bounds: theirs.send(_PACKET.pack(i, _sum(*b))))
        heed(crew.ready(0))
    while crew.alive:
        heed(crew.ready())
    return math.sqrt(8.0 * math.fsum(sums.values()))
