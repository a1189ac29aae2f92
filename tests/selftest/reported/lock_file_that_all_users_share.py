"""One lock file in /tmp for everybody: when another user had made it, it could not be opened.

The name is fixed.  open(2) with O_CREAT in a sticky directory is refused for a file of another
user, also to root (fs.protected_regular, proc_sys_fs(5)), and follows a symbolic link.  At the
end the file is removed, whoever made it.
"""

import contextlib
import fcntl
import os
import tempfile

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/vllm-project/vllm/issues/2179"
CAUGHT_BY = ("B4", "G3")


@contextlib.contextmanager
def _lock():
    path = os.path.join(tempfile.gettempdir(), "pi.lock")
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    finally:
        os.close(fd)


def through(n, workers, lock):
    """Run; the memory is made with lock held."""
    with contextlib.ExitStack() as stack:
        with lock:
            memory = stack.enter_context(_memory.unnamed_memory(16 * workers))
        return _memory.slots(memory, n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, _lock())
