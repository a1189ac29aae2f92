"""One pair of packet sockets for all workers; a pipe that nobody writes to tells each end."""

import contextlib
import ctypes
import math
import os
import selectors
import signal
import socket
import struct

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


class _Crew(contextlib.ExitStack):
    def __init__(self):
        super().__init__()
        self.alive = {}
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
        self.alive[reader] = number, pid
        self.selector.register(reader, selectors.EVENT_READ)

    def _live(self, parent, writer, work):
        try:
            _prctl(1, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            try:
                work()
            except BaseException as error:
                os.write(writer, str(error).encode()[:400])
                raise
            os._exit(0)
        finally:
            os._exit(1)

    def over(self, reader):
        """Take leave of the worker at the other end; return (number, pid, exit code, text)."""
        with contextlib.suppress(OSError):
            os.set_blocking(reader, False)
        text = b""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(reader, 400):
                text += more
        self.selector.unregister(reader)
        number, pid = self.alive.pop(reader)
        os.close(reader)
        return number, pid, self._reap(pid), text.decode(errors="replace")

    def _reap(self, pid):
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:
            return 0

    def __exit__(self, *details):
        for reader, (_, pid) in self.alive.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._reap(pid)
            os.close(reader)
        return super().__exit__(*details)


def run(n, workers):
    _check(n, workers)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _Crew() as crew:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            crew.enter_context(ours)
            crew.enter_context(theirs)
            ours.setblocking(False)
            crew.selector.register(ours, selectors.EVENT_READ)
            for number in range(workers):
                bounds = n * number // workers, n * (number + 1) // workers
                crew.start(
                    number,
                    lambda i=number, b=bounds: theirs.send(_PACKET.pack(i, _sum(*b))),
                )
            sums = {}

            def take():
                with contextlib.suppress(BlockingIOError):
                    while True:
                        number, value = _PACKET.unpack(ours.recv(64))
                        sums[number] = value

            while crew.alive:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
                try:
                    ready = crew.selector.select()
                finally:
                    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                for key, _ in ready:
                    if key.fileobj is ours:
                        take()
                        continue
                    number, pid, code, text = crew.over(key.fd)
                    take()
                    if code or number not in sums:
                        how = (
                            f"killed by {signal.Signals(-code).name}"
                            if code < 0
                            else f"exit {code}"
                        )
                        raise RuntimeError(f"worker {number} (pid {pid}): {how} {text}")
            return math.sqrt(8.0 * math.fsum(sums.values()))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
