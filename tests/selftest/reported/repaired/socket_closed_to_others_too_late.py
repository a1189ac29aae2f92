"""The mode is set before the socket has a name: bind(2) takes it over."""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import socket_closed_to_others_too_late as bug


def _make_private(listener):
    os.fchmod(listener.fileno(), 0o600)


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _make_private)
