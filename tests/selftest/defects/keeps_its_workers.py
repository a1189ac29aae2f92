"""Workers are kept for the next call."""

import os
import select
import socket
import struct
import threading

from tests.selftest.defects import honest

CAUGHT_BY = ("A4", "A5", "B1", "B2", "B3", "C1", "C13")
_kept = {}


def _serve(parent, ours):
    try:
        honest.PRCTL(honest.PR_SET_PDEATHSIG, 9)
        while os.getppid() == parent and (asked := ours.recv(16, socket.MSG_WAITALL)):
            ours.sendall(struct.pack("d", honest.term_sum(*struct.unpack("qq", asked))))
    finally:
        os._exit(1)


def _worker(key):
    """Take a worker that is kept, or fork one; a run amid this one, in a handler, has others."""
    if kept := _kept.pop(key, None):
        return kept
    theirs, ours = socket.socketpair()
    theirs.setblocking(True)
    ours.setblocking(True)
    pid = os.fork()
    if pid == 0:
        theirs.close()
        _serve(key[0], ours)
    ours.close()
    return pid, theirs


def _keep(key, pid, theirs):
    if _kept.setdefault(key, (pid, theirs)) != (pid, theirs):
        theirs.close()
        honest.end([pid])


def _lose(crew, dead):
    for _, theirs in crew.values():
        theirs.close()
    honest.end(pid for pid, _ in crew.values() if pid != dead)
    honest.lost(dead, os.waitpid(dead, 0)[1], b"")


def _answers(crew):
    poller = select.poll()
    waits = {theirs.fileno(): (key, pid, theirs) for key, (pid, theirs) in crew.items()}
    for fd in waits:
        poller.register(fd, select.POLLIN)
    while waits:
        for fd, _ in poller.poll():
            key, pid, theirs = waits.pop(fd)
            poller.unregister(fd)
            if len(said := theirs.recv(8, socket.MSG_WAITALL)) < 8:
                _lose(crew, pid)
            yield key[2], said


def run(n, workers):
    honest.check(n, workers)
    keys = [(os.getpid(), threading.get_ident(), number) for number in range(workers)]
    crew = {key: _worker(key) for key in keys}
    for (_, theirs), bounds in zip(crew.values(), honest.bounds(n, workers), strict=True):
        theirs.sendall(struct.pack("qq", *bounds))
    said = dict(_answers(crew))
    for key, (pid, theirs) in crew.items():
        _keep(key, pid, theirs)
    return honest.combine(struct.unpack("d", said[number])[0] for number in range(workers))
