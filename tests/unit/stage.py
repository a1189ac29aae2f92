"""Where the cases of `tests.unit.cases` are done: one program for each transport."""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.harness import ROOT
from tests.harness.places import base_directory
from tests.system import processes
from tests.system.files import remove_tree
from tests.unit.cases import SKIP, Cases, due_of, find

_MARK = "IPC_CONFORMANCE_CASES"  # environment variable by which the processes are found
_STARTS_IN = 60.0  # seconds
_CLEARS_IN = 20.0  # seconds for the program to look what a case has left
LIMIT = 30.0  # seconds for a case, if it does not say otherwise


class Stage:
    """The program that does the cases of one transport."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._place = Path(tempfile.mkdtemp(dir=base_directory()))
        mark = uuid.uuid4().hex
        self._mark = f"{_MARK}={mark}".encode()
        self._reader, writer = os.pipe()
        self._rest = b""
        with open(self._place / "errors", "wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.unit.cases", target, self._mark, str(writer)],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                cwd=ROOT,
                env=os.environ | {_MARK: mark, "TMPDIR": self._own("tmp"), "PYTHONPATH": str(ROOT)},
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)
        self._answer(_STARTS_IN)

    def _own(self, name: str) -> str:
        (self._place / name).mkdir()
        return str(self._place / name)

    def perform(self, module: ModuleType, name: str, limit: float = LIMIT) -> str:
        """Do the case *name* of *module*; return what it printed.  It fails with what is wrong."""
        request = {"module": module.__name__, "name": name, "limit": limit}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(limit + _CLEARS_IN)
        output = answer["output"] or ""
        if (answer["why"] or "").startswith(SKIP):
            pytest.skip(str(answer["why"]))
        if answer["why"] is not None:
            due = due_of(find(module, name))
            printed = f"\nit printed: {output[-6000:]}" if output else ""
            pytest.fail(f"{self.target}, {name}\ndue: {due}\n{answer['why']}{printed}", False)
        return output

    def _answer(self, limit: float) -> dict[str, str | None]:
        poller, end = select.poll(), time.monotonic() + limit
        poller.register(self._reader, select.POLLIN)
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            data = os.read(self._reader, 65536) if left > 0 and poller.poll(left * 1000) else b""
            if not data:
                errors = (self._place / "errors").read_text(errors="replace")
                self.close()
                pytest.fail(f"{self.target}: the program of the cases is gone: {errors}", False)
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, str | None] = json.loads(line)
        return found

    def close(self) -> None:
        """End the program, and all that is left of it."""
        _stages.pop(self.target, None)
        for pid in {*processes.marked(self._mark), self._process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        os.close(self._reader)
        remove_tree(str(self._place))


_stages: dict[str, Stage] = {}


def stage_of(target: str) -> Stage:
    """Return the stage of a transport; it lasts until pytest ends."""
    if not _stages:
        atexit.register(_close_all, os.getpid())
    if target not in _stages:
        _stages[target] = Stage(target)
    return _stages[target]


def _close_all(owner: int) -> None:
    if os.getpid() == owner:
        for stage in list(_stages.values()):
            stage.close()


def parameters(*of: Cases) -> list[Any]:
    """Return parameters for these cases, with the mark `over`: see `tests.unit.conftest`.

    A case that is in several is done where the first of them says.
    """
    found: dict[str, Any] = {}
    for cases in of:
        mark = pytest.mark.over(*cases.over)
        for name in cases:
            found.setdefault(name, pytest.param(name, marks=mark if cases.over else ()))
    return list(found.values())


def fresh(
    *arguments: str, env: dict[str, str] | None = None, limit: float = LIMIT
) -> tuple[int | str, str]:
    """Run an interpreter of its own; return its exit status, or "HANG", and what it printed."""
    with tempfile.TemporaryFile(dir=base_directory()) as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | (env or {}),
            start_new_session=True,
        )
        status: int | str
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = "HANG"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return status, output.read().decode(errors="replace")
