"""The guardian waits for an end of file, which does not come while a child of others lives."""

import os

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("B3",)


def _watch(r, w, caller, remove):
    try:
        os.close(w)
        os.read(r, 1)
        remove()
    finally:
        os._exit(0)


_base.watch = _watch


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as place:
        return _fifo.through(os.path.join(place, "fifo"), n, workers)
