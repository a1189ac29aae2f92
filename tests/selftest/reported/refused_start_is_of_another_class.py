"""ansible had no free descriptor to start a worker, and the error of the system was lost.

Here a fork that fails is an error of a class of its own, and no OSError.
"""

import os
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/ansible/ansible/pull/82480"
CAUGHT_BY = ("C13", "F1")


class StartError(Exception):
    """A worker could not be started."""


def _fork():
    try:
        return os.fork()
    except OSError as error:
        raise StartError("a worker could not be started") from error


honest.os = SimpleNamespace(**vars(os) | {"fork": _fork})
run = honest.run
