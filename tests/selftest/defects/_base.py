"""Correct workers, for modules whose channel is not a pipe a worker.

A worker has a pipe all the same: by it the caller hears of its end, and of its exception.
What it has summed goes by the channel of the module.
"""

import contextlib
import functools
import hashlib
import math
import mmap
import os
import secrets
import select
import signal
import struct

from tests.selftest.defects import honest

DEADLY = {signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM}


def careful(run):
    """Check the arguments of run, and let Ctrl-C in only where gather() waits."""

    @functools.wraps(run)
    def checked(n, workers):
        honest.check(n, workers)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return run(n, workers)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return checked


def total(sums):
    return math.sqrt(8 * math.fsum(sums.values()))


@contextlib.contextmanager
def guard(remove):
    """Call remove at the end, or let another process do so when the caller has been killed."""
    r, w = os.pipe()
    try:
        pid = os.fork()
        if pid == 0:
            try:
                signal.pthread_sigmask(signal.SIG_BLOCK, DEADLY)
                os.close(w)
                os.read(r, 1)
                remove()
            finally:
                os._exit(0)
        try:
            yield
        finally:
            try:
                remove()
            except OSError:  # short of descriptors, perhaps, which the other is not
                os.write(w, b"!")
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            honest.reap(pid)
    finally:
        os.close(r)
        os.close(w)


def child(parent, w, work):
    status = 1
    try:
        honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        try:
            work()
        except BaseException as error:
            os.write(w, f"{type(error).__name__}: {error}".encode()[:400])
            raise
        status = 0
    finally:
        os._exit(status)


def blame(number, pid, status, text):
    code = os.waitstatus_to_exitcode(status)
    name = signal.Signals(-code).name if code < 0 else code
    return RuntimeError(f"worker {number}, pid {pid}, ended with {name}: {text}")


def wait(poller):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return poller.poll()
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def gather(n, workers, work, take, *fds, poller=None):
    """Fork workers that call work(number, sum); return {number: sum}.

    take(fd) returns what has come as {number: sum}; it is called when fd, one of fds or of
    those that it has registered with poller, can be read, and with None at a worker's end.
    """
    parent = os.getpid()
    pids, said, sums = {}, {}, {}
    open_now = set()
    poller = poller or select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    try:
        for number, (lo, hi) in enumerate(honest.bounds(n, workers)):
            r, w = os.pipe()
            open_now |= {r, w}
            pid = os.fork()
            if pid == 0:
                child(parent, w, lambda a=number, b=lo, c=hi: work(a, honest.term_sum(b, c)))
            pids[r] = number, pid
            said[r] = b""
            os.close(w)
            open_now.remove(w)
            poller.register(r, select.POLLIN)
        while pids:
            for fd, _ in wait(poller):
                if fd not in said:
                    sums |= take(fd)
                    continue
                text = os.read(fd, 512)
                said[fd] += text
                if text:
                    continue
                poller.unregister(fd)
                number, pid = pids.pop(fd)
                status = honest.reap(pid)
                sums |= take(None)
                if status or number not in sums:
                    raise blame(number, pid, status, said[fd].decode(errors="replace"))
        return sums
    finally:
        for _, pid in pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            honest.reap(pid)
        for fd in open_now:
            os.close(fd)


@contextlib.contextmanager
def ticks(workers):
    """Give a byte for each worker, shared, for it to set when it has sent."""
    with mmap.mmap(-1, workers) as memory:
        yield memory


class Seal:
    """Frames that nobody else can make: a mark, a number, a sum and a digest."""

    BODY = struct.Struct("<8sId")
    size = BODY.size + 16

    def __init__(self):
        self.mark = secrets.token_bytes(8)
        self.key = secrets.token_bytes(32)

    def sign(self, body):
        # No digest of OpenSSL: another thread may hold a lock of it while this one forks.
        return hashlib.blake2b(body, digest_size=16, key=self.key).digest()

    def pack(self, number, value):
        body = self.BODY.pack(self.mark, number, value)
        return body + self.sign(body)

    def unpack(self, frame):
        if len(frame) != self.size or self.sign(frame[:-16]) != frame[-16:]:
            return {}
        return {self.BODY.unpack(frame[:-16])[1]: self.BODY.unpack(frame[:-16])[2]}

    def scan(self, stream):
        """Take whole frames out of stream, a bytearray, and what is none."""
        sums = {}
        while (start := stream.find(self.mark)) >= 0 and len(stream) - start >= self.size:
            sums |= self.unpack(stream[start : start + self.size])
            del stream[: start + self.size]
        del stream[: start if start >= 0 else max(0, len(stream) - 7)]
        return sums
