"""The program in which a transport is put on trial: a fresh interpreter, one scenario.

It is started by `tests.lab.Subject` as ``python -m tests.lab.subject FD JSON`` and tells what
it sees in lines of JSON on that descriptor.  A worker that finds its way back into this
code says so and leaves: that is a verdict too.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Run = Callable[..., float]


class Log:
    """Lines of JSON to the laboratory, each in one write of less than PIPE_BUF."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pid = os.getpid()

    def __call__(self, kind: str, **facts: Any) -> None:
        """Tell *facts* of *kind*, who says so and when (CLOCK_MONOTONIC, of all processes)."""
        facts |= {"kind": kind, "pid": os.getpid(), "at": time.monotonic()}
        os.write(self._fd, json.dumps(facts).encode()[:4000] + b"\n")

    def call(self, run: Run, n: Any, workers: Any, **more: Any) -> dict[str, Any]:
        """Call ``run(n, workers)`` and tell its outcome: a value, or an error and its text."""
        outcome: dict[str, Any] = {"n": repr(n), "workers": repr(workers)} | more
        start = time.monotonic()
        try:
            outcome["value"] = run(n, workers)
            outcome["type"] = type(outcome["value"]).__name__
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
            outcome["error"] = type(error).__name__
            outcome["exception"] = isinstance(error, Exception)
            outcome["mro"] = [kind.__name__ for kind in type(error).__mro__]
            outcome["text"] = str(error)[:1000]
        outcome["seconds"] = time.monotonic() - start
        if os.getpid() != self._pid:
            self("strayed")
            os._exit(1)
        try:
            self("outcome", **outcome)
        except TypeError:  # a value that is no number
            outcome["value"] = repr(outcome["value"])
            self("outcome", **outcome)
        return outcome


# Audit events that tell of a new name, and which of their arguments it is.
_NAMED_AT = {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}


class Paths:
    """An audit hook that tells which entries of shared directories this trial has named.

    What is new in /tmp may be anybody's; what is new and was named here is ours.
    """

    def __init__(self, log: "Log", places: list[str], private: str) -> None:
        self._log = log
        self._places = places
        self._private = private
        self._told: set[str] = set()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Tell of the path that an event names (PEP 578; the audit events table)."""
        target = args[_NAMED_AT[event]] if event in _NAMED_AT else None
        if not isinstance(target, str | bytes):
            return
        path = os.path.abspath(os.fsdecode(target))
        for place in self._places:
            if path.startswith(place + "/") and not path.startswith(self._private):
                name = path[len(place) + 1 :].split("/")[0]
                if name not in self._told:
                    self._told.add(name)
                    self._log("named", place=place, name=name)


def main() -> None:
    """Run the scenario that the arguments name."""
    fd, spec = int(sys.argv[1]), json.loads(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    log = Log(fd)
    sys.addaudithook(Paths(log, spec["shared"], spec["private"]))
    module = importlib.import_module(spec["target"])
    scenarios = importlib.import_module("tests.lab.scenarios")
    log("ready")
    getattr(scenarios, spec["scenario"])(module, log, **spec["params"])
    log("done")


if __name__ == "__main__":
    main()
