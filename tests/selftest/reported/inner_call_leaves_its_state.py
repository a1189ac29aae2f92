"""A virtual machine kept what it was running in a thread-local variable: a nested one overwrote it.

After that, the outer one went on with what had been destroyed.  Here it is the shared memory of the
run, into which its workers write.
"""

import contextlib
import mmap
import threading

from tests.selftest.defects import _base
from tests.selftest.reported import _slots

REPORT = "https://github.com/WasmEdge/WasmEdge/pull/3969"
CAUGHT_BY = ("E7",)
_here = threading.local()


@contextlib.contextmanager
def _overwritten(memory):
    _here.memory = memory
    yield


@contextlib.contextmanager
def restored(memory):
    outer = getattr(_here, "memory", None)
    _here.memory = memory
    try:
        yield
    finally:
        _here.memory = outer


def keeping(current):
    """Return run; current(memory): a context in which that is the memory of this thread."""

    @_base.careful
    def run(n, workers):
        with mmap.mmap(-1, _slots.SIZE * workers) as memory, current(memory):

            def work(number, value):
                _slots.put(_here.memory, number, value)

            def take(_):
                return _slots.there(_here.memory, workers)

            return _base.total(_base.gather(n, workers, work, take))

    return run


run = keeping(_overwritten)
