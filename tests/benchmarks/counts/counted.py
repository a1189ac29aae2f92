"""Asks the program of this package for the figures of one transport."""

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

from tests import harness
from tests.benchmarks.counts.kept import Kept
from tests.scenarios import names

_LIMIT = 300  # seconds
# The order of a set, and so perhaps of some calls, depends on the first; arithmetic is not counted.
_FIXED = {"PYTHONHASHSEED": "0", "IPC_KERNEL": "python"}


class Figures(NamedTuple):
    """What the works of a transport take.

    works: by their keys: "cpu_us" and "switches" of one, and, where they can be counted, "calls",
        "bytes" and "pss_kib" of all: see tests.benchmarks.counts.behind.Counts.
    no_counts: why calls and bytes were not counted, or "".
    refused: whether that is because of the system, and not of the transport.
    """

    works: dict[str, dict[str, Any]]
    no_counts: str = ""
    refused: bool = False


def figures(target: str) -> Figures:
    """Return the figures of the transport *target*, as tests.scenarios.loading loads it.

    Raises AssertionError, with what it printed, if a work does not end well.
    """
    ran = subprocess.run(
        [sys.executable, "-m", __package__, target],
        cwd=harness.ROOT,
        env=os.environ | names.environment(names.started_in()) | _FIXED,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    if ran.returncode:
        lines = ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"]
        raise AssertionError(f"{target} cannot be counted: {lines[-1]}")
    return Figures(**json.loads(ran.stdout.splitlines()[-1]))


def counts(found: Figures) -> Kept:
    """Return what can be compared: by work and side, how often each call is made; and the bytes."""
    return {
        key: {**work["calls"], "all": {"bytes": work["bytes"]}}
        for key, work in found.works.items()
        if "calls" in work
    }
