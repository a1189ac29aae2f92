"""Rollbar lost an exception whose __str__ raises: its reporter asked for the text, and failed.

Here the text of a worker's exception is asked for in the same way.
"""

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_socket

REPORT = "https://github.com/rollbar/pyrollbar/issues/148"
CAUGHT_BY = ("C8",)


def _described(error):
    return f"{type(error).__name__}: {error}".encode(errors="backslashreplace")[:400]


honest.described = _described
run = _srv_socket.tcp
