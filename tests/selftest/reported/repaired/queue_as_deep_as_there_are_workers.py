"""It has room for eight messages, and an error names the limits."""

from tests.selftest.defects import _base, _mqueue


@_base.careful
def run(n, workers):
    with _mqueue.unnamed() as queue:
        return _mqueue.through(queue, n, workers)
