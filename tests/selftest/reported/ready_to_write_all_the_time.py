"""A proxy took all of a processor: it always asked select(2) whether its sockets can be written to.

They nearly always can.  Here each worker has a socket, by which the caller sends it its slice.
"""

import contextlib
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


class Os:
    """The module os, with sockets for pipes."""

    def __getattr__(self, name):
        return getattr(os, name)

    def pipe(self):
        caller, worker = socket.socketpair()
        caller.setblocking(False)
        worker.setblocking(True)  # whatever timeout the program gives to each
        return caller.detach(), worker.detach()


def _receive_and_send(w, lo, hi):
    job = b""
    while len(job) < SLICE.size and (more := os.read(w, SLICE.size - len(job))):
        job += more
    _send(w, *SLICE.unpack(job))


def _read(r):
    try:
        return os.read(r, 4096)
    except (BlockingIOError, ConnectionError):
        return b""


def _write(r, data):
    try:
        return data[os.write(r, data) :]
    except ConnectionError:  # the worker is gone
        return b""


def asking(events):
    """Return run; events(unsent): what the caller waits for, of a socket; unsent: bytes."""

    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        call = _call.current()
        call.unsent[r] = SLICE.pack(*call.slices[len(call.unsent)])
        poller.register(r, events(call.unsent[r]))

    def serve(r, what, said, poller):
        unsent = _call.current().unsent
        if what & select.POLLOUT and unsent[r]:
            unsent[r] = _write(r, unsent[r])
            poller.modify(r, events(unsent[r]))
        if what & ~select.POLLOUT:
            data = _read(r)
            said[r] += data
            if not data:
                poller.unregister(r)

    def take(pids, said, poller, ready):
        for fd, what in ready:
            if fd in said:
                serve(fd, what, said, poller)
        for over in pids.keys() & {fd for fd, _ in ready}:
            poller.unregister(over)
            pid, r = pids.pop(over)
            status = honest.reap(pid)
            while data := _read(r):
                said[r] += data
            with contextlib.suppress(KeyError):  # it was at its end of file
                poller.unregister(r)
            if status or len(said[r]) != 8:
                honest.lost(pid, status, said[r])

    @honest.careful
    def run(n, workers):
        with _call.call(slices=honest.bounds(n, workers), unsent={}):
            return honest.run(n, workers)

    honest.os = Os()
    honest.send, honest.watch, honest.take = _receive_and_send, watch, take
    return run


run = asking(lambda unsent: select.POLLIN | select.POLLOUT)
