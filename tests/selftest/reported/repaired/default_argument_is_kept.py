"""A new list is made at each call."""

from tests.selftest.defects import honest

_combine = honest.combine


def _combine_these(sums, known=None):
    known = [] if known is None else known
    known.extend(sums)
    return _combine(known)


honest.combine = _combine_these
run = honest.run
