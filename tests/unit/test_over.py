"""The mark `over`: a case that does not depend on the transport is done over some by default."""

import subprocess
import sys

import pytest

from tests.harness import ROOT
from tests.unit.cases import Cases
from tests.unit.stage import parameters


def _nothing(module: object) -> None:
    pass


def _cases(names: str, *over: str) -> Cases:
    cases = Cases(over)
    cases.update(dict.fromkeys(names, _nothing))
    return cases


def test_a_case_is_done_where_the_first_that_has_it_says() -> None:
    """Once, whatever the others say."""
    found = parameters(_cases("ab"), _cases("bc", "pipe", "fifo"), _cases("cd", "tcp"))
    over = {p.values[0]: [mark.args for mark in p.marks] for p in found}
    assert over == {"a": [], "b": [], "c": [("pipe", "fifo")], "d": [("tcp",)]}
    assert len(found) == 4


_FILE = "tests/unit/test_channel_workers.py"


@pytest.mark.parametrize(
    ("options", "due"),
    [
        (["-m", "suite"], {"pipe", "fifo"}),
        (["-m", "exhaustive"], {"socketpair", "unix", "tcp", "posix_mq", "sysv_mq", "shm"}),
        (["-m", "suite", "--transport=tcp", "--transport=pipe"], {"tcp", "pipe"}),
    ],
    ids=["default", "exhaustive", "given"],
)
def test_other_transports_are_exhaustive_unless_given(options: list[str], due: set[str]) -> None:
    """Of a case that has the mark; mpi and file have no channel."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--co", "-q", *options]
    listing = subprocess.run(
        [*command, _FILE], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    name = "test_workers["
    ids = [line.split(name)[1] for line in listing.splitlines() if name in line]
    found = {i.partition("-")[0] for i in ids if i.endswith("-the_mask_of_a_worker]")}
    assert found - {"mpi", "file"} == due
