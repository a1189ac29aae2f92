"""posix_ipc: "ValueError: Invalid parameter(s)", and nobody saw that msg_max is 10.

A process without privileges gets no POSIX queue for more messages than that.  Here the queue has
room for one of each worker, and the error of the library comes out as it is.
"""

from tests.selftest.defects import _base, _mqueue

REPORT = "https://github.com/osvenskan/posix_ipc/issues/21"
CAUGHT_BY = ("F3", "A1", "D1")


@_base.careful
def run(n, workers):
    try:
        with _mqueue.unnamed(depth=workers) as queue:
            return _mqueue.through(queue, n, workers)
    except OSError as error:
        raise error.__cause__ or error from None
