"""Runs that nobody attacks, in which each name is seen that appears."""

import os
from functools import cache

from tests import harness
from tests.harness.apart import divide
from tests.harness.places import base_directory
from tests.scenarios import exposure
from tests.system.files import own_directory

TEMPORARY = "TMPDIR"
"""Replaces the path of a temporary directory, which differs in each trial."""


@cache
def undisturbed(transport: str) -> list[harness.Outcome]:
    """Return the same two trials of `trials` each time."""
    return trials(transport)


def trials(transport: str) -> list[harness.Outcome]:
    """Return two trials of two runs each, under umask 0, that nobody attacks."""
    found = []
    for _ in range(2):
        with own_directory("ipc-named-", base_directory()) as directory:
            place = str(directory)
            outcome = harness.run_trial(
                transport,
                harness.call(
                    exposure.named,
                    n=20,
                    workers=2,
                    times=2,
                    places=list(divide([place])),
                ),
                # The hash seed makes it start anew: the forks of a zygote have addresses and a
                # seed in common, which names may be made of.
                env={"TMPDIR": place, "PYTHONHASHSEED": "random"},
            )
            for name in os.listdir(place):
                outcome.add_fault("LEAK", f"{name} in the temporary directory")
        for message in outcome.of("appeared"):
            if message.get("place") == place:
                message["place"] = TEMPORARY
        found.append(outcome)
    return found
