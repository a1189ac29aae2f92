"""The file has its pid when it gets its name: link(2) gives one that nobody has."""

import os

from tests.selftest.reported import lock_file_still_empty as bug


def _make(path):
    own = f"{path}-{os.getpid()}"
    bug.make(own)
    try:
        os.link(own, path)
    finally:
        os.unlink(own)


run = bug.adding(_make)
