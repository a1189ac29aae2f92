"""A worker that has ended is not looked for: its result is waited for, for ever."""

import select

from tests.selftest.defects import honest

CAUGHT_BY = (
    "C1",
    "C2",
    "C3",
    "C5",
    "C6",
    "C7",
    "C8",
    "C9",
    "C10",
    "C11",
    "C12",
)


def _wait(pid, status, said):
    select.poll().poll()


honest.lost = _wait
run = honest.run
