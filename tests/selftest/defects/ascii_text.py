"""The text of an exception is sent as ASCII: one with other letters is lost.

soravux/scoop#23.
"""

from tests.selftest.defects import honest

CAUGHT_BY = ("C8",)


def _described(error):
    return f"{type(error).__name__}: {error}".encode("ascii")[:400]


honest.described = _described
run = honest.run
