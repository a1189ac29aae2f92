"""A radio program had fifos in /tmp with mode 0666: any user could hear it, and speak by it.

Here the fifo of a run is there for all, by a name that nobody can guess.
"""

import os
import tempfile
from types import SimpleNamespace

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/aethersdr/AetherSDR/pull/2942"
CAUGHT_BY = ("G1",)


def _chmod(path, mode):
    os.chmod(path, mode | 0o066)  # noqa: S103 - the bug


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())
    with _fifo.at(path):
        return _fifo.through(path, n, workers)


_fifo.os = SimpleNamespace(**vars(os) | {"chmod": _chmod})
