"""A temporary directory was removed by whoever left its block, also a forked child of the program.

Here a run through a fifo has one; a child that a handler forks amid the run, and that leaves run by
an exception, removes it under the workers.
"""

import contextlib
import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/python/cpython/pull/1066"
CAUGHT_BY = ("E8",)


def through(is_its_maker):
    """Return run; is_its_maker(pid): whether this process removes the directory that pid made."""

    @contextlib.contextmanager
    def directory():
        with _fifo.private_directory() as path:
            maker = os.getpid()
            try:
                yield path
            finally:
                if is_its_maker(maker):
                    _fifo.remove_tree(path)

    @_base.careful
    def run(n, workers):
        with directory() as path:
            return _fifo.through(os.path.join(path, "fifo"), n, workers)

    return run


run = through(lambda pid: True)
