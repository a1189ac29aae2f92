"""The program of a trial: a fresh interpreter, which runs one scenario with one transport.

`tests.harness.Trial` starts it as ``python -m tests.scenarios LOG STACKS``, or the keeper of a
world forks it (tests.worlds).  It reads its trial, a line of JSON, from standard input, and writes
messages to the descriptor LOG.  If a worker comes back into this code, it writes messages too, and
the harness sees by their pid that it was disturbed.
"""

import importlib
import json
import os
import resource
import sys
from typing import Any

from tests.scenarios import spawned_workers, stacks
from tests.scenarios.loading import give_way, load, why
from tests.scenarios.protocol import Log, resolve
from tests.scenarios.signals_sent import SignalsSent
from tests.system import inherited_signals

# Most scenarios need this module. It is imported while no trial waits for it, and not at the top of
# this file: multiprocessing's fork server imports the file too.
_PRELOADED = "tests.scenarios.injection"

# Audit events with the name of a file, and which of their arguments it is.
_NAME_AT = {
    "open": 0,
    "os.mkdir": 0,
    "os.rename": 1,
    "os.link": 1,
    "os.symlink": 1,
    "socket.bind": 1,
}

# A scenario that is treated in a special way. Its address is written out, because it would take
# time to import its module for each trial.
SUPPORT = "tests.scenarios.basics:support"


def _makes(event: str, args: tuple[Any, ...], path: str) -> bool:
    """Tell whether an event of _NAME_AT creates *path*, and does not use what is there."""
    if event == "open" and not (isinstance(args[2], int) and args[2] & os.O_CREAT):
        return False
    return event == "os.rename" or not os.path.lexists(path)


class Paths:
    """An audit hook (PEP 578) that logs which entries of shared directories this trial has named.

    Any program may have created what is new in /tmp.  If this trial has named it, it is the
    trial's.  The intruder may attack only what the trial has created: an open may also lead to a
    file of another program.
    """

    def __init__(self, log: Log, places: list[str], private: str) -> None:
        self._log = log
        self._places = places
        self._private = private
        self._logged: set[tuple[str, str, bool]] = set()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Log the path that an event names, once: see Python's table of audit events."""
        target = args[_NAME_AT[event]] if event in _NAME_AT else None
        if not isinstance(target, str | bytes):
            return
        try:
            path = os.path.abspath(os.fsdecode(target))
        except FileNotFoundError:  # a relative path, in a directory that was removed
            return
        for place in self._places:
            if path.startswith(place + "/") and not path.startswith(self._private):
                name, _, below = path[len(place) + 1 :].partition("/")
                made = not below and _makes(event, args, path)
                if (place, name, made) not in self._logged:
                    self._logged.add((place, name, made))
                    self._log("named", place=place, name=name, made=made)


def serve_trial(log_fd: int, stacks_fd: int) -> None:
    """Run the scenario that a line on standard input names.

    log_fd, stacks_fd: for messages, and for the stacks of a process that hangs.
    """
    stacks.write_to(stacks_fd)
    line = sys.stdin.readline()
    if not line:  # the harness has no more trials
        return
    spec = json.loads(line)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    inherited_signals.reset()
    log = Log(log_fd)
    sys.addaudithook(SignalsSent(log))
    if spec["shared"]:
        sys.addaudithook(Paths(log, spec["shared"], spec["private"]))
    spawned_workers.install(log_fd, stacks_fd)
    request = spec["call"]
    try:
        give_way(spec["target"])
        module = load(spec["target"])
    except BaseException as error:
        if request["function"] != SUPPORT:
            raise
        text = why(error, spec["target"])
        log("support", reason=None, expected={}, error=text, extra="", channel=None)
        log("done")
        return
    scenario = resolve(request["function"])
    log("ready")
    scenario(module, log, *request["args"], **request["kwargs"])
    log("done")


def main() -> None:
    """Run a trial in this interpreter, which is for it alone."""
    log_fd, stacks_fd = map(int, sys.argv[1:])
    importlib.import_module(_PRELOADED)
    serve_trial(log_fd, stacks_fd)


if __name__ == "__main__":
    main()
