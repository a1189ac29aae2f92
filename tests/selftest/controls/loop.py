"""An asyncio event loop that reads a pipe a worker."""

import asyncio
import contextlib
import ctypes
import math
import os
import selectors
import signal
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_prctl = ctypes.CDLL(None).prctl


def _handled():
    return [s for s in signal.valid_signals() if callable(signal.getsignal(s))]


class _Hearing(selectors.PollSelector):
    """Lets handlers of signals in while it waits, and not elsewhere."""

    deaf = False

    def select(self, timeout=None):
        signals = [] if self.deaf else _handled()
        try:
            pthread_sigmask(signal.SIG_UNBLOCK, signals)
            return super().select(timeout)
        finally:
            pthread_sigmask(signal.SIG_BLOCK, signals)


class _Worker:
    def __init__(self, lo, hi):
        self.said = b""
        self.pid = None
        self.reader, writer = os.pipe()
        self.parent = parent = os.getpid()
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.reader)
            raise
        finally:
            if self.pid == 0:
                self._work(parent, writer, lo, hi)
            os.close(writer)
        try:
            self.life = os.pidfd_open(self.pid)
        except ProcessLookupError:  # over, and not kept as a zombie: SIGCHLD is ignored
            self.life = os.eventfd(1)
        except OSError:
            self.life = self.reader
            self.end()
            raise

    def _work(self, parent, writer, lo, hi):
        status = 1
        try:
            _prctl(1, signal.SIGKILL)
            if os.getppid() != parent:
                return
            try:
                value = math.fsum((2.0 * k + 1.0) ** -2 for k in range(lo, hi))
                os.write(writer, b"=" + struct.pack("<d", value))
            except BaseException as error:
                os.write(
                    writer,
                    f"!{error!r}".encode(errors="backslashreplace")[:1000],
                )
                raise
            status = 0
        finally:
            os._exit(status)

    async def result(self):
        loop = asyncio.get_running_loop()
        over = loop.create_future()

        loop.add_reader(self.life, lambda: over.done() or over.set_result(None))
        try:
            await over
        finally:
            loop.remove_reader(self.life)
        os.set_blocking(self.reader, False)
        with contextlib.suppress(BlockingIOError):  # no end of file: others have the pipe too
            while data := os.read(self.reader, 4096):
                self.said += data
        pid, code = self.pid, self.reap()
        if code or self.said[:1] != b"=" or len(self.said) != 9:
            how = f"signal {-code}" if code < 0 else f"exit status {code}"
            text = self.said[1:].decode(errors="replace") if self.said[:1] == b"!" else ""
            raise ChildProcessError(f"worker {pid}: {how} {text}")
        return struct.unpack("<d", self.said[1:])[0]

    def reap(self):
        pid, self.pid = self.pid, None
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:  # nobody waits for it where SIGCHLD is ignored
            return 0

    def end(self):
        if self.pid is not None and os.getpid() == self.parent:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.reap()
        for fd in {self.life, self.reader}:
            os.close(fd)


def _sums(loop, crew, n, workers):
    size = -(-n // workers)
    tasks = []
    for i in range(workers):
        crew.append(_Worker(min(i * size, n), min((i + 1) * size, n)))
        tasks.append(loop.create_task(crew[-1].result()))
        loop.run_until_complete(asyncio.sleep(0))
        for task in tasks:
            if task.done():
                task.result()
    done, _ = loop.run_until_complete(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
    for task in done:
        task.exception()  # of a second one, which is not raised, the loop would print a warning
    return [task.result() for task in done]


def _close(loop, selector):
    """End what the loop has still to do, and hear no signals meanwhile."""
    selector.deaf = True
    try:
        # It may stop at once, as it was to do when a handler raised.
        with contextlib.suppress(RuntimeError):
            loop.run_until_complete(asyncio.sleep(0))
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks) if tasks else asyncio.sleep(0))
    finally:
        loop.close()


def _natural(name, value, least):
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is an int, not {value!r}")
    if value < least:
        raise ValueError(f"{name} is at least {least}, not {value!r}")


def run(n, workers):
    _natural("n", n, 0)
    _natural("workers", workers, 1)
    outer = asyncio._get_running_loop()  # a handler may have broken into it
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    crew = []
    try:
        pthread_sigmask(signal.SIG_BLOCK, _handled())
        asyncio._set_running_loop(None)
        selector = _Hearing()
        loop = asyncio.SelectorEventLoop(selector)
        try:
            return math.sqrt(8.0 * math.fsum(_sums(loop, crew, n, workers)))
        finally:
            _close(loop, selector)
    finally:
        for worker in crew:
            worker.end()
        asyncio._set_running_loop(outer)
        pthread_sigmask(signal.SIG_SETMASK, mask)
