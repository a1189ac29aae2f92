"""multiprocessing.Queue: the writer of its pipe stays open where nothing was ever put into it.

It is closed by the thread that the first `put` starts. Here a run has a pipe for errors, whose
writer is closed where there has been one.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/131794"
CAUGHT_BY = ("B1",)


def with_errors(close_unused):
    """Return run.

    close_unused: called with the writer when there was no error.
    """

    @honest.careful
    def run(n, workers):
        r, w = os.pipe()
        try:
            value = honest.run(n, workers)
        except BaseException:
            os.close(w)
            raise
        else:
            close_unused(w)
            return value
        finally:
            os.close(r)

    return run


run = with_errors(lambda w: None)
