"""--expect-failure: what it takes, and what it says of a clause that passes."""

from pathlib import Path

import pytest

from tests.harness import ROOT
from tests.harness.expectations import declared
from tests.selftest.support_file import outcomes, run_suite, support_of

HONEST = ROOT / "tests/selftest/defects/honest.py"


def test_a_clause_is_declared_with_its_reason() -> None:
    """The first colon ends the clause; the last reason for a clause counts."""
    assert declared([]) == {}
    given = ["G1: a port: any user can connect", "H1:so", "H1 : it is so"]
    assert declared(given) == {"G1": "a port: any user can connect", "H1": "it is so"}


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("Q1: so", "no clause 'Q1'"),
        ("H: so", "no clause 'H'"),
        (": so", "no clause ': so'"),
        ("", "no clause ''"),
        ("H1", "say why: 'H1: REASON'"),
        ("H1: ", "say why: 'H1: REASON'"),
    ],
)
def test_what_is_no_clause_with_a_reason_is_wrong_use(option: str, why: str) -> None:
    """In one line."""
    with pytest.raises(pytest.UsageError, match=f"--expect-failure: .*{why}"):
        declared([option])


@pytest.mark.parametrize("spread", [[], ["-n2"]], ids=["serial", "spread"])
def test_what_is_declared_is_expected_of_each_transport(spread: list[str], tmp_path: Path) -> None:
    """One that fails is no failure of the run, one that passes is."""
    text = HONEST.read_text("utf-8")
    (tmp_path / "good.py").write_text(text)
    (tmp_path / "bad.py").write_text(text.replace("if value < least:", "if value < least - 10**9:"))
    options = ["--clause=H", "--expect-failure=H1: it takes what it gets", *spread]
    bad = run_suite(tmp_path, "--transport=bad.py", f"--report-dir={tmp_path}/bad", *options)
    assert bad.returncode == 0, bad.stdout
    assert outcomes(support_of(tmp_path / "bad", bad.stdout), "bad.py")["H1"] == "expected"
    both = ["--transport=good.py", "--transport=bad.py"]
    done = run_suite(tmp_path, *both, *options)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    told = "good.py: H1 passed, and is named by --expect-failure: it takes what it gets"
    assert done.stdout.count(told) == 1
