"""multiprocessing.Process with a Connection each, with all the care that it takes.

What is left of it is multiprocessing's own: a Process whose fork fails, or whose second pipe does,
leaves its pipes open (C13, F1).
"""

import ctypes
import math
import multiprocessing.process
import os
import signal
from multiprocessing import connection, get_context

_context = get_context("fork")
_prctl = ctypes.CDLL(None).prctl


def _work(parent, writer, first, last):
    status = 1
    try:
        _prctl(1, signal.SIGKILL)
        if os.getppid() == parent:
            try:
                value = math.fsum(1 / (2 * k + 1) ** 2 for k in range(first, last))
                writer.send_bytes(value.hex().encode())
                status = 0
            except BaseException as error:
                writer.send_bytes(f"! {error!r}".encode()[:1000])
                raise
    finally:
        os._exit(status)  # not the way of Process, which would print what was raised


def _wait(things):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return connection.wait(things)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end(process):
    if process.pid is None:
        return
    process.kill()
    process.join()
    # Where SIGCHLD is ignored join() cannot know that it is over: close() would refuse.
    multiprocessing.process._children.discard(process)
    process._popen.finalizer()


def _receive(reader):
    try:
        return reader.recv_bytes(2000).decode()
    except (EOFError, OSError):
        return ""


def run(n, workers):
    for name, value, least in (("n", n, 0), ("workers", workers, 1)):
        if type(value) is not int:
            raise TypeError(f"{name}={value!r} is no int")
        if value < least:
            raise ValueError(f"{name}={value!r} is less than {least}")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    processes, readers = {}, []
    sums = []
    try:
        for i in range(workers):
            reader, writer = _context.Pipe(duplex=False)
            readers.append(reader)
            with writer:
                bounds = i * n // workers, (i + 1) * n // workers
                process = _context.Process(target=_work, args=(os.getpid(), writer, *bounds))
                processes[reader] = process
                process.start()
        by_sentinel = {process.sentinel: reader for reader, process in processes.items()}
        while by_sentinel:
            for sentinel in _wait(list(by_sentinel)):
                reader = by_sentinel.pop(sentinel)
                process, said = processes[reader], _receive(reader)
                process.join()
                if process.exitcode or not said or said[0] == "!":
                    code = process.exitcode
                    how = f"signal {-code}" if (code or 0) < 0 else f"exit code {code}"
                    raise RuntimeError(f"process {process.pid} ended with {how}: {said[1:]}")
                sums.append(float.fromhex(said))
        return math.sqrt(8 * math.fsum(sums))
    finally:
        for process in processes.values():
            _end(process)
        for reader in readers:
            reader.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
