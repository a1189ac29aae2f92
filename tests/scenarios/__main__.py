"""The program in which a transport is put on trial: a fresh interpreter, one scenario.

It is started by `tests.harness.Trial` as ``python -m tests.scenarios FD``, reads its trial, a
line of JSON, from standard input, and tells what it sees in such lines on that descriptor.  A
worker that finds its way back into this code says so and leaves: that is a verdict too.
"""

import importlib
import json
import os
import resource
import signal
import sys
from typing import Any

from tests.scenarios import Log, load, spawned_workers
from tests.system import namespaces

PRELOADED = ("faults",)  # not all: a larger process takes longer to fork

# Audit events that tell of a new name, and which of their arguments it is.
_NAMED_AT = {
    "open": 0,
    "os.mkdir": 0,
    "os.rename": 1,
    "os.link": 1,
    "os.symlink": 1,
    "socket.bind": 1,
}

# The scenario that an intruder attacks, in an IPC namespace of its own if it can have one: there
# everything is the trial's, and may be attacked.
_ATTACKED = "exposure.attacked"


def _makes(event: str, args: tuple[Any, ...], path: str) -> bool:
    """Tell whether an event of _NAMED_AT makes *path*, and does not use what is there."""
    if event == "open" and not (isinstance(args[2], int) and args[2] & os.O_CREAT):
        return False
    return event == "os.rename" or not os.path.lexists(path)


class Paths:
    """An audit hook that tells which entries of shared directories this trial has named.

    What is new in /tmp may be anybody's; what is new and was named here is ours.  Whether it was
    made here, too, is for the intruder to know: an open may lead to a file of another program.
    """

    def __init__(self, log: Log, places: list[str], private: str) -> None:
        self._log = log
        self._places = places
        self._private = private
        self._told: set[tuple[str, str, bool]] = set()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Tell of the path that an event names (PEP 578; the audit events table)."""
        target = args[_NAMED_AT[event]] if event in _NAMED_AT else None
        if not isinstance(target, str | bytes):
            return
        try:
            path = os.path.abspath(os.fsdecode(target))
        except FileNotFoundError:  # relative, in a directory that is no more
            return
        for place in self._places:
            if path.startswith(place + "/") and not path.startswith(self._private):
                name, _, below = path[len(place) + 1 :].partition("/")
                made = not below and _makes(event, args, path)
                if (place, name, made) not in self._told:
                    self._told.add((place, name, made))
                    self._log("named", place=place, name=name, made=made)


def main() -> None:
    """Run the scenario that a line on standard input names: a function, or module.function."""
    fd = int(sys.argv[1])
    for place in PRELOADED:
        importlib.import_module(f"tests.scenarios.{place}")
    line = sys.stdin.readline()
    if not line:  # no trial came
        return
    spec = json.loads(line)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    # A shell without job control has its background jobs ignore it (POSIX, 2.11 of Shell Command
    # Language), and an interpreter that finds it ignored leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = Log(fd)
    sys.addaudithook(Paths(log, spec["shared"], spec["private"]))
    spawned_workers.open_for_business(fd)
    if spec["scenario"] == _ATTACKED:  # before the import, which may make queues
        log("apart", ipc=namespaces.leave_ipc())
    try:
        module = load(spec["target"])
    except Exception as error:
        if spec["scenario"] != "support":
            raise
        text = f"{type(error).__name__}: {error}"  # and not as a crash
        log("support", reason=None, expected={}, error=text, extra="", channel=None)
        log("done")
        return
    place, _, name = spec["scenario"].rpartition(".")
    scenarios = importlib.import_module(f"tests.scenarios.{place or 'faults'}")
    log("ready")
    getattr(scenarios, name)(module, log, **spec["params"])
    log("done")


if __name__ == "__main__":
    main()
