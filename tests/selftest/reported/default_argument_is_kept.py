"""A function had a list as the default of an argument: there is one, which all calls append to.

Here the sums of all runs are in such a list, and each run adds up those of the earlier ones too.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/karask/python-bitcoin-utils/issues/9"
CAUGHT_BY = ("A1", "A2", "A5")
_combine = honest.combine


def _combine_all(sums, known=[]):  # noqa: B006
    known.extend(sums)
    return _combine(known)


honest.combine = _combine_all
run = honest.run
