"""What is told of the peers is what the files in docs/results say."""

import copy
import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from report import formats, page
from report.formats import Place, Verdict
from report.kinds import kind
from tests import peers as libraries
from tests.harness import ROOT
from tests.unit import report_samples

NAMES = sorted(path.stem for path in (ROOT / "tests/peers").glob("[!_]*.py"))


def _peers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_peers", ROOT / "docs/peers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PEERS = _peers()


@pytest.mark.parametrize(
    ("outcome", "reason", "word"),
    [
        ("passed", "", "passed"),
        ("skipped", "no HANG here", "skipped"),
        ("not judged", "see C1: run(20000, 3) did not return", "not judged"),
        ("failed", "HANG: run(30, 3) did not return within 20 s.", "hang"),
        ("failed", "as C1: run(30, 3) did not return after a worker (pid 8) raised.", "hang"),
        ("failed", "LEAK: in the caller, descriptor 12 -> pipe:[1]", "leak"),
        ("failed", "1 of 8 points: ORPHAN: SIGKILL after 4 ms: process 49 lives on", "leak"),
        ("failed", "0 errors, and 3 workers had a fault: run(60000, 3) exact", "untold"),
        ("failed", "none of the pids [12] is in 'planted by the suite'", "untold"),
        ("failed", "in 3 of 7 orders: no OSError, but BrokenProcessPool", "untold"),
        ("failed", "exact in spite of the death of ['child 1']", "untold"),
        ("failed", "run(-1, 2): it returned 0.0: a ValueError is due", "wrong"),
        ("expected", "", "wrong"),
    ],
)
def test_a_failure_is_a_hang_a_leak_or_wrong(outcome: Any, reason: str, word: str) -> None:
    """By the words of its reason."""
    assert kind(Verdict(outcome=outcome, reason=reason)) == word


def test_a_clause_of_which_some_tests_were_not_run_is_passed_in_part() -> None:
    """If those that were run were passed."""
    assert kind(Verdict(outcome="passed", partial=True)) == "passed in part"
    assert kind(Verdict(outcome="failed", reason="LEAK", partial=True)) == "leak"


def _sample(**reasons: str) -> Any:
    support = copy.deepcopy(report_samples.support(0))
    clauses = support["transports"]["pipe"]["clauses"]
    for clause in clauses:
        clauses[clause] = {"outcome": "passed"}
    for clause, reason in reasons.items():
        clauses[clause] = {"outcome": "failed", "reason": reason}
    support["transports"] = {"tests.peers.pool": support["transports"]["pipe"]}
    return support


def test_the_page_of_one_platform_has_a_cell_for_each_transport_and_clause() -> None:
    """A failure is a link to what was seen."""
    text = page.render([Place(_sample(C1="HANG: it hung", B1="LEAK: a queue"))])
    (table,) = re.findall(r"<table class=cells>.*?</table>", text, re.DOTALL)
    assert table.count("<td") == len(report_samples.CLAUSES)
    assert re.findall(r"<td class=f><a href=#(\w+)>(\w+)</a>", table) == [
        ("t0", "leak"),
        ("t0", "hang"),
    ]
    assert "not run" in text


def test_a_kept_file_has_no_paths_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was printed may have some."""
    monkeypatch.setattr(PEERS, "RESULTS", tmp_path)
    source = tmp_path / "support"
    reason = (
        'printed: File "/home/me/.venv/lib/python3.11/queue.py", in "/x/y/tests/peers/pool.py";'
        " directory in /tmp/ipc-trial-yl_d/tmpm/tmp: left"
    )
    source.write_text(json.dumps(_sample(E6=reason)))
    (path,) = PEERS.keep(source)
    assert path == tmp_path / "pool.json"
    support = formats.read(path)
    assert not isinstance(support, formats.Bench)
    verdict = support["transports"]["tests.peers.pool"]["clauses"]["E6"]
    assert verdict["reason"] == (
        'printed: File "lib/python3.11/queue.py", in "tests/peers/pool.py"; directory in tmp: left'
    )
    assert support["suite"] == {"version": support["suite"]["version"], "commit": None}


def test_the_tables_are_those_of_the_files() -> None:
    """README.md and docs/results/README.md: if not, run ``python docs/peers.py tables``."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert PEERS.with_grid(readme, PEERS.grid()) == readme
    assert (ROOT / "docs/results/README.md").read_text("utf-8") == PEERS.page()


def test_each_result_is_of_a_peer_and_on_one_platform() -> None:
    """So that they are one table."""
    assert PEERS.results().keys() <= set(NAMES)
    places, refused = formats.gather(sorted(PEERS.RESULTS.glob("*.json")))
    assert refused == []
    assert len(places) == 1


def test_each_failure_leads_to_a_program_that_is_there() -> None:
    """And has a way to be called."""
    for program in filter(None, PEERS.PROGRAMS.values()):
        text = (PEERS.RESULTS / "programs" / program).read_text("utf-8")
        assert f"python3 docs/results/programs/{program} tests.peers.pool" in text


@pytest.mark.parametrize("name", NAMES)
def test_each_peer_can_be_installed_by_its_extra(name: str) -> None:
    """It names one, where it is not of the standard library; it is short."""
    text = (ROOT / "tests/peers" / f"{name}.py").read_text("utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    for module in re.findall(r'missing\("(\w+)"\)', text):
        reason = libraries.missing(module)
        extra = libraries._EXTRAS.get(module, module)
        assert extra in extras
        assert reason is None or f"--extra {extra} " in reason
    assert not re.search(
        r"^(import|from) (?!math|struct|time|uuid|os|signal|ctypes|multi|conc|tests)",
        text,
        re.MULTILINE,
    )
