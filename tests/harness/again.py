"""The command that runs a test again, as a line to paste into a shell."""

import os
import shlex
import sys

import kernel
from tests.harness.places import ROOT, STARTED_IN
from transports import NAMES

# An environment variable: bootstrap.py says here how it was started.
_STARTED_BY = "IPC_CONFORMANCE_BOOTSTRAP"


def again(nodeid: str, transport: str) -> str:
    """Return the command that runs the test *nodeid* again, from any directory.

    transport: as --transport names it.  If it is not one of NAMES, it is looked for in the
        directory in which the suite was started, so the command changes to that directory.
    """
    program = [sys.executable, "-P", "-m", "pytest"]  # -P: the user may have a file random.py
    if (bootstrap := os.environ.get(_STARTED_BY)) is not None:
        program = [*shlex.split(bootstrap), "test"]
    options = [] if kernel.selected == "python" else [f"--kernel={kernel.selected}"]
    if transport not in NAMES:
        options.append(f"--transport={transport}")
    command = shlex.join([*program, *options, f"{ROOT}/{nodeid}"])
    if transport in NAMES:
        return command
    return f"(cd {shlex.quote(STARTED_IN)} && {command})"
