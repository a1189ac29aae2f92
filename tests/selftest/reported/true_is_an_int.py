"""A library asserted `isinstance(v, int)` of its arguments, which True and False are as well.

Here a run does so: run(True, True) is one with a worker and a term.
"""

from tests.selftest.defects import _base, _mqueue, honest

REPORT = "https://github.com/ethereum/py_ecc/issues/30"
CAUGHT_BY = ("H2",)


def _check(n, workers):
    for name, value, least in (("n", n, 0), ("workers", workers, 1)):
        if not isinstance(value, int):
            raise TypeError(f"{name} must be an int, not {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")


@_base.careful
def through_a_queue(n, workers):
    with _mqueue.unnamed() as queue:
        return _mqueue.through(queue, n, workers)


check, honest.check = honest.check, _check
run = through_a_queue
