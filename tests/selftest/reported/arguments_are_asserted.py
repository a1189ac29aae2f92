"""A number of processes was checked by assert: AssertionError, and with `python -O` nothing at all.

Here the arguments of run are.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/NeurodataWithoutBorders/nwbinspector/issues/755"
CAUGHT_BY = ("H1", "H2")


def _check(n, workers):
    for name, value, least in (("n", n, 0), ("workers", workers, 1)):
        assert type(value) is int, f"{name} must be an int, not {value!r}"
        assert value >= least, f"{name} must be at least {least}, not {value}"


honest.check = _check
run = honest.run
