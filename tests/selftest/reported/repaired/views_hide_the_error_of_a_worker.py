"""The view is released on every way out, before the memory is closed."""

import mmap

from tests.selftest.defects import _base
from tests.selftest.reported import views_hide_the_error_of_a_worker as bug


@_base.careful
def run(n, workers):
    with mmap.mmap(-1, 9 * workers) as memory, memoryview(memory) as view:
        return bug.through(view, n, workers)
