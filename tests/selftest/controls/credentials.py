"""One socket for all workers: the kernel says who has sent what, by SO_PASSCRED of unix(7)."""

import ctypes
import math
import os
import select
import signal
import socket
import struct

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_UCRED = struct.Struct("iII")  # pid, uid, gid
_SUM = struct.Struct("d")
_TEXT = 400  # bytes of an exception
_libc = ctypes.CDLL(None)


def unsupported():
    """Ask for the credentials of a sender."""
    return None if hasattr(socket, "SO_PASSCRED") else "this system has no SO_PASSCRED"


def _worker(caller, place, lo, hi):
    status = 1
    try:
        _libc.prctl(1, signal.SIGKILL)
        if os.getppid() != caller:
            return
        try:
            place.send(_SUM.pack(math.fsum((2 * k + 1) ** -2 for k in range(lo, hi))))
        except BaseException as error:
            text = repr(error).encode(errors="backslashreplace")
            place.send(b"exception" + text[:_TEXT])
            raise
        status = 0
    finally:
        os._exit(status)


def _letters(place):
    """Yield pid and text of each datagram that is there."""
    while True:
        try:
            data, facts, _, _ = place.recvmsg(
                2 * _TEXT, socket.CMSG_SPACE(_UCRED.size), socket.MSG_DONTWAIT
            )
        except BlockingIOError:
            return
        for level, kind, fact in facts:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                yield _UCRED.unpack(fact)[0], data


def _status(pid):
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # somebody else has it, or nobody
        return 0


class _Crew:
    """The workers that live, by the descriptor of their life; what each has sent, by pid."""

    def __init__(self):
        self.caller = os.getpid()
        self.lives, self.sent = {}, {}
        self.poll = select.poll()
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            for end in (self.ours, self.theirs):
                end.setblocking(True)
            self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self.poll.register(self.ours, select.POLLIN)
        except BaseException:
            self.close()
            raise

    def start(self, lo, hi):
        pid = os.fork()
        if pid == 0:
            _worker(self.caller, self.theirs, lo, hi)
        try:
            life = os.pidfd_open(pid)
        except ProcessLookupError:  # it has ended, and was reaped
            life = os.eventfd(1)
        except OSError:
            _kill(pid)
            raise
        self.lives[life] = pid
        self.poll.register(life, select.POLLIN)

    def look(self, patience=None):
        heard = _heard()
        try:
            pthread_sigmask(signal.SIG_UNBLOCK, heard)
            ready = self.poll.poll(patience)
        finally:
            pthread_sigmask(signal.SIG_BLOCK, heard)
        ended = [fd for fd, _ in ready if fd in self.lives]
        # After the ends were seen: what an ended worker has sent is there.
        self.sent.update(_letters(self.ours))
        for life in ended:
            self._bury(life)

    def _bury(self, life):
        self.poll.unregister(life)
        pid = self.lives.pop(life)
        os.close(life)
        code, said = _status(pid), self.sent.get(pid, b"")
        if code or len(said) != _SUM.size:
            how = f"signal {-code}" if code < 0 else f"exit status {code}"
            raise ChildProcessError(f"worker {pid}: {how} {said[9:].decode(errors='replace')}")

    def close(self):
        for life, pid in self.lives.items():
            if os.getpid() == self.caller:
                _kill(pid)
            os.close(life)
        self.ours.close()
        self.theirs.close()


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _status(pid)


def _heard():
    """All signals that call a function of Python's."""
    return {number for number in signal.valid_signals() if callable(signal.getsignal(number))}


def run(n, workers):
    for value, least in ((n, 0), (workers, 1)):
        if type(value) is not int:
            raise TypeError(f"an int is needed, not {value!r}")
        if value < least:
            raise ValueError(f"{value} is less than {least}")
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _heard())
        crew = _Crew()
        try:
            for i in range(workers):
                crew.start(n * i // workers, n * (i + 1) // workers)
                crew.look(0)
            while crew.lives:
                crew.look()
            return math.sqrt(8 * math.fsum(_SUM.unpack(said)[0] for said in crew.sent.values()))
        finally:
            crew.close()
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)
