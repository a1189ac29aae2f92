"""Where no queue can be had, the error of the library comes out, which is no OSError."""

from tests.selftest.defects import _base, _mqueue

CAUGHT_BY = ("F3",)


@_base.careful
def run(n, workers):
    try:
        with _mqueue.unnamed() as queue:
            return _mqueue.through(queue, n, workers)
    except OSError as error:
        raise error.__cause__ or error from None
