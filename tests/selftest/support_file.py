"""Runs of the suite, and what they write with --report-dir, for the tests of the suite itself."""

import os
import subprocess
import sys
from pathlib import Path

from report.formats import Bench, Support, read
from tests.harness import ROOT

__all__ = ["outcomes", "run_suite", "support_of"]


def run_suite(
    place: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the suite as bootstrap.py does, for a user who is in the directory *place*.

    arguments: options of pytest.
    environment: variables to add.
    """
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=os.environ | {"IPC_CONFORMANCE_FROM": str(place)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def support_of(directory: Path, output: str) -> Support:
    """Return the support file in *directory*; fail with the *output* of the run without one."""
    path = directory / "support.json"
    assert path.exists(), f"no clause was judged:\n{output[-3000:]}"
    support = read(path)
    assert not isinstance(support, Bench)
    return support


def outcomes(support: Support, transport: str) -> dict[str, str]:
    """Return the outcome of each clause that was run on *transport*, which is supported."""
    assert transport in support["transports"], [*support["transports"]]
    found = support["transports"][transport]
    assert found["unsupported"] is None, found["unsupported"]
    return {clause: verdict["outcome"] for clause, verdict in found["clauses"].items()}
