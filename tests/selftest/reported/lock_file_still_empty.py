"""A lock file had been made, and had no pid in it yet: another process took it for a stale one.

It removed it, and both went on.  Here each worker makes such a file while it adds its sum to a
total in shared memory.
"""

import contextlib
import mmap
import os
import time

from tests.selftest.defects import _base, _fifo, _file, _memory
from tests.selftest.reported import _os_gate

REPORT = "https://github.com/fakechris/obsidian_vault_pipeline/pull/122"
CAUGHT_BY = ("A2", "A6")


def _make(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    _file.pwrite_all(fd, b"%d" % os.getpid(), 0)
    os.close(fd)


def _is_stale(path):
    """Tell whether nobody holds the lock: whoever dies while it has the lock ends the run."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    owner = os.read(fd, 1)
    os.close(fd)
    return not owner


@contextlib.contextmanager
def _lock_file(path):
    while True:
        try:
            _make(path)
            break
        except FileExistsError:
            if _is_stale(path):
                os.unlink(path)
            else:
                time.sleep(0.002)
    try:
        yield
    finally:
        os.unlink(path)


def adding(locked):
    """Return run; locked(path): a context in which this worker alone adds to the total."""

    @_base.careful
    def run(n, workers):
        with (
            _fifo.private_directory() as directory,
            mmap.mmap(-1, 32 + workers) as memory,
            _os_gate.gate(workers) as gate,
        ):

            def work(number, value):
                os.umask(0o077)  # of the worker
                gate.enter()
                with locked(os.path.join(directory, "lock")):
                    total = int.from_bytes(memory[:32], "little") + int(value * _memory.SCALE)
                    memory[:32] = total.to_bytes(32, "little")
                memory[32 + number] = 1

            def take(_):
                return {number: 0.0 for number in range(workers) if memory[32 + number]}

            try:
                _base.gather(n, workers, work, take, poller=gate)
            except RuntimeError as error:  # the directory may be full
                raise OSError(str(error)) from error
            return _base.total({0: int.from_bytes(memory[:32], "little") / _memory.SCALE})

    return run


run = adding(_lock_file)
