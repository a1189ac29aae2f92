"""A proxy took all of a processor: it always asked select(2) whether its sockets can be written to.

They nearly always can.  Here each worker has a socket, by which the caller sends it its slice.
"""

import os
import select
import socket
import struct

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/dlundquist/sniproxy/pull/7"
CAUGHT_BY = ("D2",)
SLICE = struct.Struct("<QQ")
_send, _watch = honest.send, honest.watch


def _socketpair():
    caller, worker = socket.socketpair()
    caller.setblocking(False)
    worker.setblocking(True)  # whatever timeout the program gives to each
    return caller.detach(), worker.detach()


class Os:
    """The module os, but for its pipes."""

    pipe = staticmethod(_socketpair)

    def __getattr__(self, name):
        return getattr(os, name)


def _receive_and_send(w, lo, hi):
    job = b""
    while len(job) < SLICE.size and (more := os.read(w, SLICE.size - len(job))):
        job += more
    _send(w, *SLICE.unpack(job))


def asking(events):
    """Return run; events(unsent): what the caller waits for, of a socket; unsent: bytes."""

    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        call = _call.current()
        call.unsent[r] = SLICE.pack(*call.slices[len(call.unsent)])
        poller.register(r, events(call.unsent[r]))

    def serve(r, said, poller, ready):
        unsent = _call.current().unsent
        if ready & select.POLLOUT and unsent[r]:
            try:
                unsent[r] = unsent[r][os.write(r, unsent[r]) :]
            except ConnectionError:  # the worker is gone
                unsent[r] = b""
            poller.modify(r, events(unsent[r]))
        if ready & (select.POLLIN | select.POLLHUP):
            data = read(r)
            said[r] += data
            if not data:
                poller.unregister(r)

    def take(pids, said, poller, ready):
        for fd, what in ready:
            if fd in said:
                serve(fd, said, poller, what)
        for over, _ in ready:
            if over not in pids:
                continue
            poller.unregister(over)
            pid, r = pids.pop(over)
            status = honest.reap(pid)
            while data := read(r):
                said[r] += data
            leave(poller, r)
            if status or len(said[r]) != 8:
                honest.lost(pid, status, said[r])

    @honest.careful
    def run(n, workers):
        with _call.call(slices=honest.bounds(n, workers), unsent={}):
            return honest.run(n, workers)

    honest.os = Os()
    honest.send, honest.watch, honest.take = _receive_and_send, watch, take
    return run


def read(r):
    try:
        return os.read(r, 4096)
    except (BlockingIOError, ConnectionError):
        return b""


def leave(poller, r):
    try:
        poller.unregister(r)
    except KeyError:  # at its end of file
        pass


run = asking(lambda unsent: select.POLLIN | select.POLLOUT)
