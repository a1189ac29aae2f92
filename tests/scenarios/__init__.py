"""What runs in the interpreter that a transport has to itself while it is on trial.

This package imports little: it is started some hundreds of times.
"""

import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

CHANNEL = ":channel"

_MOST = 4000  # bytes

Run = Callable[..., float]


def load(target: str) -> ModuleType:
    """Import a module by its name, or from a file by its absolute path.

    With ":channel" after that it is its channel that is run: see tests.scenarios.channel_as_run.
    What is in the file's directory can be imported by it, and it itself by the workers that it
    spawns: the directory is put at the end of the path.
    """
    if target.endswith(CHANNEL):
        through = importlib.import_module("tests.scenarios.channel_as_run")
        module: ModuleType = through.channel_of(load(target.removesuffix(CHANNEL)))
        return module
    if not target.endswith(".py"):
        return importlib.import_module(target)
    directory, file = os.path.split(target)
    sys.path.append(directory)
    name = file.removesuffix(".py")
    taken = sys.modules.get(name) or importlib.util.find_spec(name)
    if getattr(taken, "origin", None) != target:
        name = f"transport_{name}"  # there is another module of that name
    spec = importlib.util.spec_from_file_location(name, target)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Log:
    """Lines of JSON to the harness, each in one write of less than PIPE_BUF."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pid = os.getpid()

    def again(self) -> "Log":
        """Return a log for this process, forked by the one that had this log."""
        return Log(self._fd)

    def __call__(self, kind: str, **facts: Any) -> None:
        """Tell *facts* of *kind*, who says so and when (CLOCK_MONOTONIC, of all processes)."""
        facts |= {"kind": kind, "pid": os.getpid(), "at": time.monotonic()}
        # Not write(2), which a sweep may let fail.
        line = json.dumps(facts).encode()
        if len(line) > _MOST:  # past PIPE_BUF, lines of two processes would mix
            facts |= {k: v[:8] for k, v in facts.items() if isinstance(v, list)}
            line = json.dumps(facts).encode()
        os.writev(self._fd, [line, b"\n"])

    def call(
        self, run: Run, n: Any, workers: Any, *, once: set[str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Call ``run(n, workers)`` and tell its outcome: a value, or an error and its text.

        once: the outcomes that have been logged, which are not logged again.
        """
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
        if once is not None:
            seen = repr(outcome.get("value", outcome.get("text")))
            if seen in once:
                return outcome
            once.add(seen)
        try:
            self("outcome", **outcome)
        except TypeError:  # a value that is no number
            outcome["value"] = repr(outcome["value"])
            self("outcome", **outcome)
        return outcome
