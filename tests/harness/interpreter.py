"""The fresh interpreter in which a trial runs: its directories, its environment, its pipes.

Each interpreter runs `tests.scenarios`.  It reads requests, lines of JSON, from its standard
input, and writes its log to a pipe of its own.
"""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from tests.scenarios import names
from tests.system.files import remove_tree

ROOT = Path(__file__).resolve().parents[2]

# The directory in which the user started the suite. bootstrap.py changes to ROOT before it starts
# pytest, and says here where it was.
STARTED_IN = os.environ.get("IPC_CONFORMANCE_FROM") or os.getcwd()

_MARK = "IPC_CONFORMANCE_TRIAL"  # environment variable by which the processes of a trial are found
_TEST = "PYTEST_CURRENT_TEST"  # pytest sets it anew for each test


@cache
def base_directory() -> str:
    """Return the directory that has those of all trials; it is removed at exit.

    Trials share it, so that none sees the directory of another appear in the system's own.
    """
    base = tempfile.mkdtemp(prefix="ipc-trial-")
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:
            _close_ready()
            remove_tree(base)

    atexit.register(clear)
    return base


class Interpreter:
    """A fresh interpreter that has imported what most scenarios need, and waits for its trial.

    env: environment variables to add.
    """

    def __init__(self, env: dict[str, str]) -> None:
        self.place = Path(tempfile.mkdtemp(dir=base_directory()))
        self.private = [self.place / name for name in ("tmp", "cwd", "home")]
        for directory in self.private:
            directory.mkdir()
        mark = uuid.uuid4().hex
        self.mark = f"{_MARK}={mark}".encode()
        environment = self._environment() | {_MARK: mark} | env
        self.reader, writer = os.pipe()
        os.set_blocking(self.reader, False)
        # Output goes to a file, not to a pipe: an orphan would hold the pipe open.
        with open(self.place / "output", "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.scenarios", str(writer)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.private[1],
                env=environment,
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)

    def _environment(self) -> dict[str, str]:
        environment = (
            os.environ
            | names.environment(STARTED_IN)
            | {
                "TMPDIR": str(self.private[0]),
                "HOME": str(self.private[2]),
                "PYTHONPYCACHEPREFIX": os.path.join(base_directory(), "pycache"),
            }
        )
        # With unbuffered output, no test would see that a worker flushes a buffer a second time.
        environment.pop("PYTHONUNBUFFERED", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the cache makes each start faster
        environment.pop(_TEST, None)
        return environment

    def output(self) -> str:
        """Return what it and its workers have printed so far."""
        return (self.place / "output").read_text(errors="replace")

    def tell(self, line: Any) -> None:
        """Write *line*, as JSON, to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Kill it, and remove its directories."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        os.close(self.reader)
        remove_tree(str(self.place))


# The interpreter of the next trial, with the environment that it was started in. It starts while
# the trial before runs, which saves a third of the time of a short trial. It knows nothing of its
# trial yet, so it is as fresh as one that starts later.
_ready: list[tuple[dict[str, str], Interpreter]] = []


def fresh_interpreter(env: dict[str, str]) -> Interpreter:
    """Return an interpreter for one trial, with the variables *env* added to its environment."""
    if env:
        return Interpreter(env)
    outer = {name: value for name, value in os.environ.items() if name != _TEST}
    if _ready and _ready[0][0] != outer:
        _close_ready()
    interpreter = _ready.pop()[1] if _ready else Interpreter({})
    _ready.append((outer, Interpreter({})))
    return interpreter


def _close_ready() -> None:
    while _ready:
        _ready.pop()[1].close()
