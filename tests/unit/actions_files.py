"""The scripts of the workflow and of the action, and how a runner starts them, for their tests."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.harness import ROOT

__all__ = [
    "NO_YAML",
    "Script",
    "filled",
    "loaded",
    "outputs",
    "parsed",
    "run",
    "scripts_of",
    "shellcheck",
]

NO_YAML = "ruamel.yaml is not installed: bootstrap.py --extra dev test"
"""Why scripts cannot be read."""


class Script(NamedTuple):
    """The `run` of a step, with expressions in it.

    name: of the job or the action, with the number of the step.
    environment: of the job and the step.
    """

    name: str
    text: str
    environment: Mapping[str, str]


def parsed(text: str) -> Any:
    """Return what *text* says in YAML; skip where nothing can read it."""
    yaml = pytest.importorskip("ruamel.yaml", reason=NO_YAML)
    return yaml.YAML(typ="safe").load(text)


def loaded(path: str) -> Any:
    """Return what the file at *path* says, from the root of the project."""
    return parsed((ROOT / path).read_text("utf-8"))


def _groups(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield what has steps: the jobs of a workflow, or the action."""
    yield from content["jobs"].items() if "jobs" in content else [("action", content["runs"])]


def scripts_of(path: str) -> list[Script]:
    """Return all scripts of the workflow or action at *path*, from the root of the project."""
    return [
        Script(f"{name}-{i}", step["run"], group.get("env", {}) | step.get("env", {}))
        for name, group in _groups(loaded(path))
        for i, step in enumerate(group["steps"])
        if "run" in step
    ]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with the value in the place of each expression; KeyError if one is missing."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: values[match[1]], text)


def run(
    script: Script, values: Mapping[str, str], place: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run *script* in the directory *place*, as GitHub does with "shell: bash".

    values: of its expressions.
    environment: variables that it does not set itself.
    """
    own = {key: filled(str(value), values) for key, value in script.environment.items()}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
    return subprocess.run(
        [*command, "-c", filled(script.text, values)],
        cwd=place,
        env=os.environ | environment | own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def outputs(file: Path) -> dict[str, str]:
    """Return what steps have written to *file*, their GITHUB_OUTPUT."""
    return dict(line.split("=", 1) for line in file.read_text("utf-8").splitlines())


def shellcheck(text: str) -> str:
    """Return what shellcheck says of a script, "" if nothing; skip where it is not installed."""
    program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("shellcheck is not installed: bootstrap.py --extra dev test")
    whole = f"set -eo pipefail\n{text}"  # as bash is started
    return subprocess.run(
        [program, "--shell=bash", "-"], input=whole, capture_output=True, text=True, check=False
    ).stdout


def link_report(place: Path) -> None:
    """Put into *place* what `python -m report` needs."""
    for name in ("report", "pyproject.toml", "CONFORMANCE.md"):
        (place / name).symlink_to(ROOT / name)
