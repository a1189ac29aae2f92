"""The text is encoded as UTF-8, and what UTF-8 has no bytes for is replaced."""

from tests.selftest.reported import _carried

run = _carried.carried()
