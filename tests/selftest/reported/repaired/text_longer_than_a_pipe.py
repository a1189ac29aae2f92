"""Of the text as much is sent as a pipe holds, even at its smallest size, 4096 bytes (pipe(7))."""

from tests.selftest.reported import _carried

run = _carried.carried()
