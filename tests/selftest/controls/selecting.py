"""Objects with a fileno, and an epoll selector that calls what belongs to each: selectors."""

import ctypes
import math
import os
import selectors
import signal
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask
from dataclasses import dataclass, field

_DOUBLE = struct.Struct(">d")
_GOOD, _BAD = b"y", b"n"


@dataclass
class _Worker:
    """A process, its pipe, and the descriptor of its life."""

    first: int
    last: int
    pid: int = 0
    life: int = -1
    pipe: tuple[int, ...] = ()
    said: bytes = b""
    over: bool = False
    parent: int = field(default_factory=os.getpid)

    def fileno(self):
        return self.life

    def start(self):
        self.pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._live()
        os.close(self.pipe[1])
        self.pipe = self.pipe[:1]
        try:
            self.life = os.pidfd_open(self.pid)
        except ProcessLookupError:  # over and reaped
            self.life = os.eventfd(1)

    def _live(self):
        status = 1
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            if os.getppid() == self.parent:
                self._say()
                status = 0
        finally:
            os._exit(status)

    def _say(self):
        try:
            squares = ((2 * k + 1) ** 2 for k in range(self.first, self.last))
            words = _GOOD + _DOUBLE.pack(math.fsum(1 / square for square in squares))
            while words:
                words = words[os.write(self.pipe[1], words) :]
        except BaseException as error:
            reason = repr(error)
            os.write(self.pipe[1], _BAD + reason.encode("utf-8", "backslashreplace")[:1000])
            raise

    def hear(self):
        """Take its end, and what it has said; raise if that is not a sum."""
        code = self.reap()
        os.set_blocking(self.pipe[0], False)
        try:
            while words := os.read(self.pipe[0], 2048):
                self.said += words
        except BlockingIOError:  # another process has the write end too
            pass
        if code or self.said[:1] != _GOOD or len(self.said) != 1 + _DOUBLE.size:
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            reason = self.said[1:].decode(errors="ignore") if self.said[:1] == _BAD else ""
            raise RuntimeError(f"process {self.pid}: {how} {reason}".rstrip())

    def sum(self):
        return _DOUBLE.unpack(self.said[1:])[0]

    def reap(self):
        self.over = True
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            return 0

    def close(self):
        if self.pid and not self.over and os.getpid() == self.parent:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.reap()
        for fd in (*self.pipe, self.life):
            if fd >= 0:
                os.close(fd)


def _handled():
    return [number for number in signal.valid_signals() if callable(signal.getsignal(number))]


def _dispatch(selector, timeout=None):
    numbers = _handled()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, numbers)
        ready = selector.select(timeout)
    finally:
        pthread_sigmask(signal.SIG_BLOCK, numbers)
    for key, _ in ready:
        # Not left to close(): an epoll keeps what another process has open still, epoll(7).
        selector.unregister(key.fileobj)
        key.data()


def _whole(value, least):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not an int")
    if value < least:
        raise ValueError(f"{value!r} is less than {least}")


def run(n, workers):
    _whole(n, 0)
    _whole(workers, 1)
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _handled())
        with selectors.DefaultSelector() as selector:
            return _run(n, workers, selector)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(n, workers, selector):
    crew = []
    try:
        for i in range(workers):
            crew.append(_Worker(i * n // workers, (i + 1) * n // workers))
            crew[-1].start()
            selector.register(crew[-1], selectors.EVENT_READ, crew[-1].hear)
            _dispatch(selector, 0)
        while selector.get_map():
            _dispatch(selector)
        return math.sqrt(8 * math.fsum(worker.sum() for worker in crew))
    finally:
        for worker in crew:
            worker.close()
