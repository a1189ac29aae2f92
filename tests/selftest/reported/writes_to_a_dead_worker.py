"""A write to the standard input of a process that had ended was a SIGPIPE, which ended the writer.

Python ignores SIGPIPE, but programs that are made for pipelines set it to its default action.
Here the caller tells each worker to begin, by a socket: a worker that has been killed by then
ends such a caller too, without a word.
"""

import contextlib
import os
import socket
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/libsdl-org/SDL/issues/10835"
CAUGHT_BY = ("C1",)
_send, _watch = honest.send, honest.watch


def pair():
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def write(fd):
    os.write(fd, b"!")


def write_without_a_signal(fd):
    with socket.socket(fileno=os.dup(fd)) as end:
        end.send(b"!", socket.MSG_NOSIGNAL)


def install(write):
    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        with contextlib.suppress(ConnectionError):
            write(r)

    def send(fd, lo, hi):
        os.read(fd, 1)
        _send(fd, lo, hi)

    honest.watch, honest.send = watch, send
    honest.os = SimpleNamespace(**vars(os) | {"pipe": pair})
    return honest.run


run = install(write)
