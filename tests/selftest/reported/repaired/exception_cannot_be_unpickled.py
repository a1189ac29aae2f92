"""The exception travels as text."""

from tests.selftest.reported import _carried

run = _carried.carried()
