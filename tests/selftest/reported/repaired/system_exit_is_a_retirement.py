"""A worker reports each BaseException, and none is replaced."""

from tests.selftest.reported import _carried, _replaced

_carried.carried()
run = _replaced.replacing(lambda status: False)
