"""When one worker has failed the others are left to themselves."""

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "C13",
    "F1",
)
honest.end = lambda pids: None
run = honest.run
