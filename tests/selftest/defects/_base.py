"""Correct workers, for modules whose channel is not a pipe a worker.

A worker has a pipe all the same: by it the caller hears of its exception.  What it has summed
goes by the channel of the module.
"""

import contextlib
import hashlib
import math
import mmap
import os
import secrets
import select
import signal
import struct

from tests.selftest.defects import honest

careful = honest.careful


def total(sums):
    return math.sqrt(8 * math.fsum(sums.values()))


def watch(r, w, caller, remove):
    """Wait for the end of the caller, or for a word from it, and remove."""
    try:
        os.close(w)
        poller = select.poll()
        poller.register(r, select.POLLIN)
        # There is no end of file while somebody else's child has the other end too.
        with contextlib.suppress(OSError):  # the caller has ended
            over = os.pidfd_open(caller)
            poller.register(over, select.POLLIN)
            poller.poll()
            os.close(over)  # so that remove has a descriptor
        remove()
    finally:
        os._exit(0)


def dismiss(pid, w, remove):
    try:
        remove()
    except OSError:  # short of descriptors, perhaps, which the other is not
        os.write(w, b"!")
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    honest.reap(pid)


@contextlib.contextmanager
def guard(remove, blocked=None):
    """Call remove at the end, or let another process do so when the caller has been killed.

    blocked: the signals that the other process does not hear: all.
    """
    caller = os.getpid()
    r, w = os.pipe()
    try:
        # From before its birth on: the whole process group may get one.
        mask = honest.pthread_sigmask(signal.SIG_BLOCK, blocked or signal.valid_signals())
        try:
            pid = os.fork()
            if pid == 0:
                watch(r, w, caller, remove)
        finally:
            honest.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            yield
        finally:
            if os.getpid() == caller:  # and no child that a handler has forked
                dismiss(pid, w, remove)
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
            os.write(w, honest.described(error))
            raise
        status = 0
    finally:
        os._exit(status)


def blame(number, pid, status, text):
    code = os.waitstatus_to_exitcode(status)
    name = f"signal {-code}" if code < 0 else code
    return RuntimeError(f"worker {number}, pid {pid}, ended with {name}: {text}")


def gather(n, workers, work, take, *fds, poller=None):
    """Fork workers that call work(number, sum); return {number: sum}.

    take(fd) returns what has come as {number: sum}; it is called when fd, one of fds or of
    those that it has registered with poller, can be read, and with None at a worker's end.
    """
    parent = os.getpid()
    pids, workers_at, sums = {}, {}, {}
    open_now = set()
    poller = poller or select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)

    def heed(ready):
        for fd, _ in ready:
            if fd not in workers_at:
                sums.update(take(fd))
                continue
            poller.unregister(fd)
            pid, r = pids.pop(fd)
            status = honest.reap(pid)
            sums.update(take(None))
            if status or workers_at[fd] not in sums:
                text = honest.drain(r).decode(errors="replace")
                raise blame(workers_at[fd], pid, status, text)

    try:
        for number, (lo, hi) in enumerate(honest.bounds(n, workers)):
            r, w = os.pipe()
            open_now |= {r, w}
            pid = os.fork()
            if pid == 0:
                child(parent, w, lambda a=number, b=lo, c=hi: work(a, honest.term_sum(b, c)))
            honest.watch(pid, r, pids, open_now, poller)
            workers_at[next(reversed(pids))] = number
            os.close(w)
            open_now.remove(w)
            heed(honest.look(poller))
        while pids:
            heed(honest.wait(poller))
        return sums
    finally:
        if os.getpid() == parent:
            honest.end(pid for pid, _ in pids.values())
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
