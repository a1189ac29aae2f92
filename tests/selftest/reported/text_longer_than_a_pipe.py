"""The caller joins a process before it reads what that put into a queue: past 64 KiB both wait.

The maintainers answered that this is documented.  Here the caller waits for the end of each worker
before it reads; one that raises with a text longer than a pipe holds never ends.
"""

from tests.selftest.reported import _carried

REPORT = "https://github.com/python/cpython/issues/73983"
CAUGHT_BY = ("C8",)


def _all_of(error):
    return f"{type(error).__name__}: {error}".encode(errors="replace")


run = _carried.carried(_all_of)
