"""A dead worker counts as nothing."""

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A3",
    "C1",
    "C2",
    "C3",
    "C5",
    "C6",
    "C7",
    "C8",
    "C9",
    "C10",
    "C12",
)
honest.lost = lambda pid, status, said: honest.pack(0.0)
run = honest.run
