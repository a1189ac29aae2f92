"""The error tells the raw status of wait(2), and not which signal that is."""

from tests.selftest.defects import honest

CAUGHT_BY = ("C9",)


def _raw(pid, status, said):
    raise RuntimeError(f"pid {pid} ended with {status << 8}: {said[8:].decode(errors='replace')}")


honest.lost = _raw
run = honest.run
