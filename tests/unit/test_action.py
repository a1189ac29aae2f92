"""action.yml: each of its scripts is run in bash, with the variables that GitHub sets.

A stub stands in the place of bootstrap.py, which would make an environment.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from report import formats
from report.requirement_sets import numbers, read
from tests.harness import ROOT
from tests.selftest.requirement_sets import frozen_versions
from tests.unit.actions_files import (
    Script,
    link_report,
    loaded,
    outputs,
    parsed,
    run,
    scripts_of,
    shellcheck,
)
from tests.unit.report_samples import support

if TYPE_CHECKING:
    import subprocess

INPUTS = {
    "inputs.transport": "src/mine.py",
    "inputs.profile || inputs.level": "robust",
    "inputs.requirements": "",
    "inputs.packages": "",
    "inputs.expected-failures": "",
}

# It tells its arguments, writes the support file SAMPLE to --report-dir, and exits with STATUS.
_STUB = """
import json, os, pathlib, sys
place = pathlib.Path(os.environ["TOLD"])
place.write_text(json.dumps({"arguments": sys.argv[1:], "directory": os.getcwd()}))
(directory,) = [a.partition("=")[2] for a in sys.argv if a.startswith("--report-dir=")]
if "SAMPLE" in os.environ:
    pathlib.Path(directory, "support.json").write_bytes(
        pathlib.Path(os.environ["SAMPLE"]).read_bytes()
    )
sys.exit(int(os.environ["STATUS"]))
"""

# It runs the suite without an environment of its own.
_SUITE = f"""
import os, sys
os.environ["IPC_CONFORMANCE_FROM"] = os.getcwd()
os.chdir({str(ROOT)!r})
arguments = sys.argv[sys.argv.index("test") + 1 :]
os.execv({sys.executable!r}, [{sys.executable!r}, "-m", "pytest", *arguments])
"""

MODULE = (ROOT / "tests/selftest/defects/honest.py").read_text("utf-8")


class Stage(NamedTuple):
    """A runner: the directories that it has, and the files to which steps write."""

    workspace: Path
    action: Path
    temporary: Path
    output: Path
    summary: Path

    def run(
        self, script: Script, values: Mapping[str, str], **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run *script* in the workspace; *values* are those of its expressions."""
        return run(
            script,
            values,
            self.workspace,
            GITHUB_ACTION_PATH=str(self.action),
            GITHUB_OUTPUT=str(self.output),
            GITHUB_STEP_SUMMARY=str(self.summary),
            GITHUB_WORKSPACE=str(self.workspace),
            RUNNER_TEMP=str(self.temporary),
            **more,
        )


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Make an empty workspace, and an action of the project's report and the stub."""
    found = Stage(*(tmp_path / name for name in Stage._fields))
    for directory in found[:3]:
        directory.mkdir()
    found.output.touch()
    (found.action / "bootstrap.py").write_text(_STUB)
    link_report(found.action)
    return found


def _first(stage: Stage, status: int = 0, sample: Path | None = None, **inputs: str) -> list[str]:
    """Run the first step, check its status, and return the arguments that bootstrap.py got."""
    test, _ = scripts_of("action.yml")
    values = INPUTS | {f"inputs.{key.replace('_', '-')}": value for key, value in inputs.items()}
    more = {"SAMPLE": str(sample)} if sample else {}
    told = stage.temporary / "told.json"
    done = stage.run(test, values, TOLD=str(told), STATUS=str(status), **more)
    assert done.returncode == status, done.stderr
    assert outputs(stage.output)["status"] == str(status)
    found = json.loads(told.read_text("utf-8"))
    assert found["directory"] == str(stage.workspace)
    arguments: list[str] = found["arguments"]
    return arguments


def _second(stage: Stage) -> str:
    """Run the second step; return the summary."""
    _, sums_up = scripts_of("action.yml")
    values = {f"steps.suite.outputs.{k}": v for k, v in outputs(stage.output).items()}
    done = stage.run(sums_up, values)
    assert done.returncode == 0, done.stderr
    return stage.summary.read_text("utf-8")


def test_the_inputs_become_the_arguments_of_the_suite(stage: Stage) -> None:
    """A line each; blanks, quotes and dollar signs stay as they are."""
    arguments = _first(
        stage,
        transport="src/mine.py\n  my package.other  \n",
        requirements="1",
        packages="msgpack>=1; python_version > '3'\n.\n",
        expected_failures='G1: $HOME is `shared`\n\nC10: "two" processes watch\n',
    )
    report = outputs(stage.output)["report"]
    assert arguments == [
        "--with=msgpack>=1; python_version > '3'",
        "--with=.",
        "test",
        "--level=robust",
        f"--report-dir={report}",
        f"--junitxml={report}/junit.xml",
        "--requirements=1",
        "--transport=src/mine.py",
        "--transport=my package.other",
        "--expect-failure=G1: $HOME is `shared`",
        '--expect-failure=C10: "two" processes watch',
    ]


def test_an_input_that_is_empty_is_no_argument(stage: Stage) -> None:
    """The defaults."""
    report_dir = f"--report-dir={stage.temporary}/ipc-conformance."
    first, level, report, junit, transport = _first(stage)
    assert (first, level, transport) == ("test", "--level=robust", "--transport=src/mine.py")
    assert report.startswith(report_dir)
    assert junit.endswith("/junit.xml")


def test_no_transport_is_an_error(stage: Stage) -> None:
    """Without --transport the suite would test its own transports, and pass."""
    test, _ = scripts_of("action.yml")
    done = stage.run(test, INPUTS | {"inputs.transport": " \n"})
    assert done.returncode == 2
    assert "::error::The input transport is empty" in done.stdout


@pytest.mark.parametrize("status", [0, 1])
def test_the_steps_end_as_the_suite_does_and_leave_summary_and_badge(
    stage: Stage, tmp_path: Path, status: int
) -> None:
    """Also where a clause failed."""
    sample = tmp_path / "sample.json"
    sample.write_text(formats.dumps(support(0)))
    _first(stage, status, sample)
    assert _second(stage).startswith("### IPC conformance\n")
    badge = Path(outputs(stage.output)["report"], "badge.json")
    assert json.loads(badge.read_text("utf-8"))["schemaVersion"] == 1


def test_where_no_clause_was_judged_the_summary_says_so(stage: Stage) -> None:
    """With the exit status; and there is no badge."""
    _first(stage, 4)
    assert _second(stage) == (
        "IPC conformance: no clause was judged; the log says why. Exit status: 4.\n"
    )
    assert not list(stage.temporary.rglob("badge.json"))


@pytest.mark.parametrize("number", [0, 1])
def test_shellcheck_finds_nothing(number: int) -> None:
    """In the scripts of action.yml."""
    assert shellcheck(scripts_of("action.yml")[number].text) == ""


def test_the_documentation_has_each_input_with_its_default() -> None:
    """In the table of docs/ci.md, in the order of action.yml."""
    inputs = loaded("action.yml")["inputs"]
    section = (
        (ROOT / "docs/ci.md").read_text("utf-8").partition("| input |")[2].partition("\n\n")[0]
    )
    rows = re.findall(r"^\| `([\w-]+)` \|.+\| (?:`(.+)` )?\|$", section, re.MULTILINE)
    assert dict(rows) == {name: each.get("default", "") for name, each in inputs.items()}


def test_the_examples_name_the_newest_version() -> None:
    """Its tag, and its requirement set."""
    text = (ROOT / "docs/ci.md").read_text("utf-8")
    dated = frozen_versions((ROOT / "CHANGELOG.md").read_text("utf-8"))
    newest = max(dated, key=lambda version: [int(part) for part in version.split(".")])
    number = max(n for n in numbers() if read(n)["version"] in dated)
    assert {*re.findall(r"(?:@|--branch=)v(\d+\.\d+\.\d+)", text)} == {newest}
    assert {*re.findall(r"requirements(?:: |=)(\d+)", text)} == {str(number)}


@pytest.mark.parametrize("number", [0, 1])
def test_an_example_of_the_documentation_is_a_workflow(number: int) -> None:
    """Its script has no fault that shellcheck knows, and the inputs of the action exist."""
    text = (ROOT / "docs/ci.md").read_text("utf-8")
    examples = [e for e in re.findall(r"```yaml\n(.+?)```", text, re.DOTALL) if "jobs:" in e]
    (job,) = parsed(examples[number])["jobs"].values()
    for step in job["steps"]:
        if "ipc-conformance@" in step.get("uses", ""):
            assert step["with"].keys() <= loaded("action.yml")["inputs"].keys()
        if "run" in step:
            assert shellcheck(step["run"]) == ""


@pytest.mark.parametrize(
    ("broken", "expected", "status", "word"),
    [
        (False, "", 0, "| mine.py | none | 2/2 |"),
        (True, "", 1, "| mine.py | H1 | failed |"),
        (True, "H1: it takes what it gets", 0, "| mine.py | H1 | expected to fail | it takes"),
        (False, "H1: it takes what it gets", 1, "| mine.py | none | 2/2 |"),
    ],
)
def test_a_module_in_the_workspace_is_judged(
    stage: Stage, broken: bool, expected: str, status: int, word: str
) -> None:
    """By the suite itself, of which the environment takes one family of clauses."""
    (stage.workspace / "src").mkdir()
    text = MODULE.replace("if value < least:", "if value < least - 10**9:") if broken else MODULE
    assert (text != MODULE) is broken
    (stage.workspace / "src/mine.py").write_text(text)
    (stage.action / "bootstrap.py").write_text(_SUITE)
    test, _ = scripts_of("action.yml")
    values = INPUTS | {"inputs.requirements": "1", "inputs.expected-failures": expected}
    done = stage.run(test, values, PYTEST_ADDOPTS="--clause=H -p no:cacheprovider")
    assert done.returncode == status, done.stdout
    assert "requirements: set 1, 46 clauses" in done.stdout
    text = _second(stage)
    assert word in text
    assert "Requirements: set 1 (46 clauses)" in text
    report = Path(outputs(stage.output)["report"])
    assert {file.name for file in report.iterdir()} == {
        "support.json", "report.html", "junit.xml", "badge.json",
    }  # fmt: skip
