"""What the modules with a rendezvous share: workers, and the sum of what they say."""

import contextlib
import math
import os
import select
import signal

from tests.defects import honest


@contextlib.contextmanager
def crowd(n, workers, work):
    """Fork workers that call work(number, their sum); kill and reap them at the end."""
    pids = []
    parent = os.getpid()
    try:
        for number, (lo, hi) in enumerate(honest.bounds(n, workers)):
            pid = os.fork()
            if pid == 0:
                try:
                    honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
                    if os.getppid() == parent:
                        work(number, honest.term_sum(lo, hi))
                finally:
                    os._exit(0)
            pids.append(pid)
        yield pids
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            honest.reap(pid)


def total(sums):
    return math.sqrt(8 * math.fsum(sums))


def readable(fd, seconds):
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    if not poller.poll(seconds * 1000):
        raise TimeoutError(f"nothing came within {seconds} s")


def until_all(listener, workers, frame_of):
    """Take connections until frame_of(what one says) has given a value for each worker."""
    sums = []
    connections = {}
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    try:
        while len(sums) < workers:
            for fd, _ in poller.poll():
                if fd == listener.fileno():
                    connection = listener.accept()[0]
                    connections[connection.fileno()] = [connection, b""]
                    poller.register(connection, select.POLLIN)
                    continue
                connection, said = connections[fd]
                with contextlib.suppress(ConnectionError):
                    data = connection.recv(512)
                    connections[fd][1] += data
                    if data:
                        continue
                poller.unregister(fd)
                del connections[fd]
                connection.close()
                sums += frame_of(said)
    finally:
        for connection, _ in connections.values():
            connection.close()
    return sums[:workers]
