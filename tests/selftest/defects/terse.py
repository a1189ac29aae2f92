"""The message of an error does not say what was given."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H1", "H2")


def run(n, workers):
    try:
        honest.check(n, workers)
    except TypeError:
        raise TypeError("an int is required") from None
    except ValueError:
        raise ValueError("out of range") from None
    return honest.run(n, workers)
