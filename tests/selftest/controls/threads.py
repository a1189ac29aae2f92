"""A socket pair a worker, and a thread for each that waits for what its worker says."""

import ctypes
import fcntl
import math
import os
import queue
import select
import signal
import socket
import struct
import sys
import termios
import threading

# That of the module signal is Python code, into which a handler could break before it blocks.
from _signal import pthread_sigmask

_libc = ctypes.CDLL(None)


def _worker(parent, ours, theirs, terms):
    code = 1
    try:
        _libc.prctl(1, signal.SIGKILL)
        if os.getppid() == parent:
            ours.close()
            try:
                theirs.sendall(b"+" + struct.pack("!d", math.fsum(1 / (k * k) for k in terms)))
                code = 0
            except BaseException as error:
                theirs.sendall(b"-" + repr(error).encode()[:500])
                raise
    finally:
        os._exit(code)


def _watch(pid, life, ours, reports):
    try:
        reports.put(_report(pid, life, ours))
    except OSError as error:
        reports.put(error)


def _report(pid, life, ours):
    if life >= 0:
        poll = select.poll()
        poll.register(life, select.POLLIN)
        poll.poll()
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        code = 0
    said = b""
    try:  # not up to the end of file: there is none while another child has this socket
        while more := ours.recv(512, socket.MSG_DONTWAIT):
            said += more
    except (BlockingIOError, ConnectionError):
        pass
    return pid, code, said


def _life(pid):
    """Return a descriptor of the process; -1 if it has ended, and SIGCHLD is ignored."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return -1


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(n, workers):
    for value, least in ((n, 0), (workers, 1)):
        if not isinstance(value, int) or value is True or value is False:
            raise TypeError(f"not an int: {value!r}")
        if value < least:
            raise ValueError(f"must be {least} or more: {value!r}")
    mask = pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        pthread_sigmask(signal.SIG_BLOCK, _handled())
        return _run(n, workers)
    finally:
        pthread_sigmask(signal.SIG_SETMASK, mask)


def _handled():
    return [s for s in signal.valid_signals() if callable(signal.getsignal(s))]


def _next(reports):
    handled = _handled()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, handled)
        return reports.get()
    finally:
        pthread_sigmask(signal.SIG_BLOCK, handled)


def _look(crew):
    """Let handlers in; tell whether a worker has ended and said too little."""
    poll = select.poll()
    lives = {life: ours for life, ours in crew.values() if life >= 0}
    for life in lives:
        poll.register(life, select.POLLIN)
    handled = _handled()
    try:
        pthread_sigmask(signal.SIG_UNBLOCK, handled)
        ready = poll.poll(0)
    finally:
        pthread_sigmask(signal.SIG_BLOCK, handled)
    return any(_length(lives[life]) < 9 for life, _ in ready)


def _length(ours):
    # A recv() with MSG_PEEK may give less than there is.
    return int.from_bytes(fcntl.ioctl(ours, termios.FIONREAD, bytes(4)), sys.byteorder)


def _run(n, workers):
    parent, reports = os.getpid(), queue.SimpleQueue()
    crew, threads, ended = {}, [], set()
    try:
        for number in range(workers):
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    pid = os.fork()
                except OSError:
                    ours.close()
                    raise
                if pid == 0:
                    _worker(parent, ours, theirs, range(2 * number + 1, 2 * n + 1, 2 * workers))
                try:
                    crew[pid] = _life(pid), ours
                except OSError:
                    ours.close()
                    _kill(pid)
                    os.waitpid(pid, 0)
                    raise
            if _look(crew):
                break  # the threads will tell which worker has ended, and how
        # Only now: a process with threads had better not fork.
        for pid, (life, ours) in crew.items():
            thread = threading.Thread(target=_watch, args=(pid, life, ours, reports))
            try:
                thread.start()
            except RuntimeError as error:  # pthread_create(3) says EAGAIN
                raise OSError(str(error)) from error
            threads.append(thread)
        sums = []
        while len(sums) < workers:
            report = _next(reports)
            if isinstance(report, OSError):
                raise report
            pid, code, said = report
            ended.add(pid)
            if code or said[:1] != b"+" or len(said) != 9:
                name = f"signal {-code}" if code < 0 else code
                text = said[1:].decode(errors="replace") if said[:1] == b"-" else ""
                raise RuntimeError(f"worker with pid {pid}: {name} {text}")
            sums.append(struct.unpack("!d", said[1:])[0])
        return math.sqrt(8 * math.fsum(sums))
    finally:
        _end(crew, threads, ended, mine=os.getpid() == parent)


def _end(crew, threads, ended, mine):
    """Leave nothing.

    mine: whether the workers and the threads are of this process, and not of its parent.
    """
    for pid in crew.keys() - ended if mine else ():
        life = crew[pid][0]
        if life >= 0:  # not by its pid: a thread may have reaped it
            try:
                signal.pidfd_send_signal(life, signal.SIGKILL)
            except ProcessLookupError:
                pass
    for thread in threads if mine else ():
        thread.join()
    for pid, (life, ours) in crew.items():
        if life >= 0:
            os.close(life)
        if mine and not threads:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        ours.close()
