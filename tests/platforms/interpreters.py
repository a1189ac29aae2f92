"""The Python that is to run the suite: what it is, and the packages that it needs."""

import json
import re
import subprocess
from pathlib import Path
from typing import TypedDict, cast

from tests.platforms.conditions import ROOT

__all__ = ["Interpreter", "describe", "name_of", "prepared"]

_PACKAGES = "import hypothesis, pytest, pytest_benchmark, pytest_timeout, xdist"

# report.host needs nothing but Python, and is found in the current directory.
_DESCRIBE = """
import json, sys, sysconfig
from report import host
place = host.place()
print(json.dumps({
    "python": place["python"],
    "build": " ".join(sys.version.split()),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "libc": place["libc"],
    "machine": place["machine"],
    "system": place["name"],
    "kernel": place["system"] + " " + place["release"].partition("-")[0],
    "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
}))
"""


class Interpreter(TypedDict):
    """What a Python says of itself.

    prefixes: where it is installed.
    """

    python: str
    build: str
    free_threaded: bool
    libc: str | None
    machine: str
    system: str
    kernel: str
    prefixes: list[str]


def _done(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def describe(program: str) -> Interpreter:
    """Return what the interpreter *program* is.

    Raises OSError or subprocess.CalledProcessError where it does not run.
    """
    done = _done(program, "-c", _DESCRIBE)
    done.check_returncode()
    return cast("Interpreter", json.loads(done.stdout))


def name_of(interpreter: Interpreter) -> str:
    """Return the name of a Python, C library and machine: "cpython-3.14t-glibc-x86_64"."""
    implementation, version = interpreter["python"].split()
    found = re.match(r"\d+\.\d+", version)
    short = (found[0] if found else version) + "t" * interpreter["free_threaded"]
    libc = (interpreter["libc"] or "libc").split()[0]
    return f"{implementation.lower()}-{short}-{libc}-{interpreter['machine']}"


def prepared(program: str) -> tuple[str, str | None]:
    """Return an interpreter with the packages of the suite, or *program* and why there is none.

    It is *program* itself where it has them, else that of the environment that bootstrap.py makes
    for it.
    """
    if not _done(program, "-c", _PACKAGES).returncode:
        return program, None
    done = _done(program, "bootstrap.py", "test", "--version")
    if done.returncode:
        said = re.findall(r"^bootstrap: (?!making|installing)(.+)", done.stderr, re.MULTILINE)
        why = said[0] if said else (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return program, f"bootstrap.py could not set up the suite: {why}"
    place = _done(program, "-c", "import bootstrap; print(bootstrap.PYTHON)").stdout.strip()
    return str(Path(place)), None
