"""A POSIX queue is closed, but its name is not removed."""

import os

import posix_ipc

from tests.defects import honest

CAUGHT_BY = (
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "B1",
    "B2",
    "B3",
    "B4",
    "C1",
    "C2",
    "C3",
    "C4",
    "C5",
    "C6",
    "C7",
    "C8",
    "C9",
    "C10",
    "C11",
    "D1",
    "D2",
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "G1",
    "G2",
    "G3",
    "G4",
    "G5",
    "G6",
    "H1",
    "H2",
)


def run(n, workers):
    """Close what should be unlinked."""
    honest.check(n, workers)
    name = f"/defect-{os.getpid()}"
    posix_ipc.MessageQueue(
        name, posix_ipc.O_CREAT, 0o600, max_messages=1, max_message_size=8
    ).close()
    return honest.run(n, workers)
