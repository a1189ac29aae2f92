"""A write to the standard input of a process that had ended was a SIGPIPE, which ended the writer.

Python ignores SIGPIPE, but programs that are made for pipelines set it to its default action.
Here the caller tells its workers to begin when all are there, each by a socket: one that has been
killed by then ends such a caller too, without a word.
"""

import contextlib
import os
import socket
import threading
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/libsdl-org/SDL/issues/10835"
CAUGHT_BY = ("C1",)
MISSED = "found by chance: the worker has to be dead before the caller has told all to begin"
_call = threading.local()
_send, _watch, _wait, _drain = honest.send, honest.watch, honest.wait, honest.drain


def pair():
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def write(fd):
    os.write(fd, b"!")


def write_without_a_signal(fd):
    with socket.socket(fileno=os.dup(fd)) as end:
        end.send(b"!", socket.MSG_NOSIGNAL)


def watch(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.idle.append(r)


def send(fd, lo, hi):
    os.read(fd, 1)
    _send(fd, lo, hi)


def drain(r):
    try:
        return _drain(r)
    except ConnectionResetError:  # it has ended before it was told
        return b""


def telling(write):
    def wait(poller):
        while _call.idle:
            with contextlib.suppress(ConnectionError):
                write(_call.idle.pop())
        return _wait(poller)

    @honest.careful
    def run(n, workers):
        outer = getattr(_call, "idle", None)
        try:
            _call.idle = []
            return honest.run(n, workers)
        finally:
            _call.idle = outer

    honest.watch, honest.send, honest.drain, honest.wait = watch, send, drain, wait
    honest.os = SimpleNamespace(**vars(os) | {"pipe": pair})
    return run


run = telling(write)
