"""A frame allocator in the temporary directory crashed with SIGBUS where it was full.

The file is made long by ftruncate(2), which allots nothing.  A worker that touches a page dies of
SIGBUS, and the caller, which looks at the same page then, does too.
"""

import contextlib
import mmap
import os

from tests.selftest.defects import _base, _file, _memory

REPORT = "https://github.com/wmanley/pulsevideo/pull/13"
CAUGHT_BY = ("F2",)


@contextlib.contextmanager
def mapped(size, lengthen):
    with _file.nameless() as file:
        lengthen(file.fileno(), size)
        with mmap.mmap(file.fileno(), size) as memory:
            yield memory


@_base.careful
def run(n, workers):
    with mapped(16 * workers, os.ftruncate) as memory:
        return _memory.slots(memory, n, workers)
