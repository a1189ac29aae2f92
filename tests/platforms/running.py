"""One run of the suite in a condition, and the row of it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from report import formats, host
from tests.platforms import conditions, interpreters
from tests.platforms.conditions import ROOT
from tests.platforms.interpreters import Interpreter
from tests.platforms.rows import Row, condense, without
from transports import NAMES

__all__ = ["SHORT", "commit", "run", "unrun"]

SHORT = ("A1", "B3", "B4", "C1", "D1", "E6", "F1", "F2", "F3", "G1", "H1")
"""The clauses of a row, unless all are asked for: some of each family that a platform may break."""

NINE = [name for name in NAMES if name != "mpi"]  # which takes an extra

_GRACE = 60.0  # seconds to write down what is known, after an interruption

# What changes nothing of a run.
_APART = (":!docs", ":!*.md", ":!tests/platforms", ":!tests/unit", ":!tests/selftest")


def commit() -> str | None:
    """Return the last commit that changed what is run, with a "+" where the work tree differs."""

    def git(*command: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *command, "--", ".", *_APART],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("log", "-1", "--format=%h", "--abbrev=12") + "+" * bool(changed)
    return None


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def unrun(platform: str, condition: str, reason: str, clauses: Sequence[str] = ()) -> Row:
    """Return a row of no run."""
    return {
        "platform": platform,
        "condition": condition,
        "date": _now(),
        "commit": commit(),
        "clauses": " ".join(clauses) or "all",
        "reason": reason,
        "transports": {},
    }


def _command(program: str, clauses: Sequence[str], place: str) -> list[str]:
    chosen = [f"--clause={','.join(clauses)}"] if clauses else []
    return [
        *(program, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto"),
        *("--dist", "loadgroup", f"--report-dir={place}"),
        *(f"--transport={name}" for name in NINE),
        *(*chosen, "tests/clauses"),
    ]


def _ended(command: list[str], output: str, limit: float) -> int | None:
    """Run *command* with *output* as the path of what it prints; return its exit status, or None.

    None: it did not end within *limit* seconds, and was interrupted.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    with open(output, "wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _said(output: str) -> str:
    """Return the last error of pytest in *output*, or else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "INTERNALERROR>", "Fatal"))]
    said = (errors or lines or ["it said nothing"])[-1]
    return re.sub("^(ERROR:|INTERNALERROR>) +", "", said)


def _why(status: int | None, output: str, limit: float) -> str | None:
    """Return why a run did not end as one does, or None: tests passed or failed."""
    if status is None:
        return f"not finished within {limit:.0f} s"
    return None if status in (0, 1) else f"exit status {status}: {_said(output)}"


def run(
    given: str, condition: str, clauses: Sequence[str] = SHORT, limit: float = 600, note: str = ""
) -> Row:
    """Run the suite, and return the row of it.

    given: an interpreter; clauses: those to test, all if empty; limit: seconds.
    """
    about = interpreters.describe(given)
    row = unrun(interpreters.name_of(about), condition, "", clauses)
    row |= {key: about[key] for key in ("python", "build", "libc", "system", "kernel", "machine")}  # type: ignore[typeddict-item]
    if note:
        row["note"] = note
    program, row["reason"] = interpreters.prepared(given)
    row["reason"] = row["reason"] or conditions.refusal(condition, program)
    if row["reason"] is None:
        _fill(row, program, about, clauses, limit)
    places = _places(about)
    row["reason"] = row["reason"] and without(row["reason"], places)
    return row


def _places(about: Interpreter) -> list[str]:
    found = [str(ROOT), *about["prefixes"], str(Path.home())]
    return [place for place in found if place not in ("/", "/usr")]  # which are of any machine


def _fill(row: Row, program: str, about: Interpreter, clauses: Sequence[str], limit: float) -> None:
    """Run the suite, and write into *row* what has come of it."""
    with tempfile.TemporaryDirectory(prefix="ipc-platforms-") as place:
        os.chmod(place, 0o777)  # noqa: S103 - the run may be that of another user
        output = os.path.join(place, "output")
        command = conditions.within(row["condition"], _command(program, clauses, place))
        begun = time.monotonic()
        status = _ended(command, output, limit)
        row["seconds"] = round(time.monotonic() - begun, 1)
        row["load"] = round(os.getloadavg()[1], 1)
        text = Path(output).read_text("utf-8", "replace")
        sys.stdout.write(text)
        row["reason"] = _why(status, text, limit)
        try:
            support = formats.read_support(Path(place, formats.SUPPORT))
        except formats.Refused:  # pytest has failed before it wrote one
            row["reason"] = row["reason"] or f"exit status {status}: {_said(text)}"
            return
        found = support["platform"]
        row |= {
            "version": host.version(),
            "cpus": found["cpus"],
            "user": "root" if found["root"] else "an ordinary user",
            "libraries": support["libraries"],
            "transports": condense(support, [place, *_places(about)]),
        }
