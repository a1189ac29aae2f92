"""A dead worker counts as nothing."""

import os
import struct

from tests.defects import honest

CAUGHT_BY = ("A3", "C1", "C2", "C7", "C9", "C10")


def _forgiving(pids, readers):

    said = {r: os.read(r, 8) for r in readers}
    for r in readers:
        os.waitpid(pids.pop(r), 0)
    return {r: s if len(s) == 8 else struct.pack("d", 0.0) for r, s in said.items()}


honest.receive = _forgiving
run = honest.run
