"""A worker that exits with 0 and no result is an error, but nobody knows which it was."""

from tests.selftest.defects import honest

CAUGHT_BY = ("C7",)
_lost = honest.lost


def _unpack(pid, status, said):
    if status:
        _lost(pid, status, said)
    raise RuntimeError("unpack requires a buffer of 8 bytes")


honest.lost = _unpack
run = honest.run
