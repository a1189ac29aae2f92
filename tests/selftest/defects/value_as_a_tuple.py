"""Its message is made by the operator %, which takes a tuple for the values of a text."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H2",)


def _check(n, workers):
    for name, value, least in (("n", n, 0), ("workers", workers, 1)):
        if type(value) is not int:
            raise TypeError(name + " must be an int, not %r" % value)  # noqa: UP031
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")


honest.check = _check
run = honest.run
