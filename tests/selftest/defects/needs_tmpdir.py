"""Puts its fifo in what TMPDIR names, which may be no more; tempfile.gettempdir() looks first."""

import os
import secrets
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("E4",)


@_base.careful
def run(n, workers):
    place = os.environ.get("TMPDIR") or tempfile.gettempdir()
    path = os.path.join(place, "pi-" + secrets.token_hex(16))
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
