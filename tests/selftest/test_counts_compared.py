"""Counts that were kept are compared, and one more system call a message is a failure."""

import subprocess
from pathlib import Path

import pytest

from tests.selftest.support_file import run_suite

pytestmark = pytest.mark.usefixtures("gate")

# A transport whose workers, with MORE in the environment, make one more system call a message, of a
# kind that no other process can notice.
MODULE = """
import os
from transports import pipe
from transports.pipe import run


class Link:
    def __init__(self, link):
        self._link = link
        self.receive = link.receive

    def send(self, data):
        if "MORE" in os.environ:
            os.getppid()
        self._link.send(data)


def channel(work, workers, **options):
    return pipe.channel(lambda link: work(Link(link)), workers, **options)
"""


def _bench(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = ["tests/benchmarks/test_counts.py", f"--transport={place / 'own.py'}", *arguments]
    return run_suite(place, "--benchmark-only", *given, **environment)


def test_one_more_system_call_a_message_is_a_failure(tmp_path: Path) -> None:
    """The same module passes; the message says which call, of which side, in what."""
    (tmp_path / "own.py").write_text(MODULE)
    file = tmp_path / "counts.json"
    written = _bench(tmp_path, f"--counts-write={file}")
    assert written.returncode == 0, written.stdout
    same = _bench(tmp_path, f"--counts-compare={file}")
    assert same.returncode == 0, same.stdout
    assert " counts " in same.stdout
    more = _bench(tmp_path, f"--counts-compare={file}", MORE="1")
    assert more.returncode == 1, more.stdout
    said = " ".join(more.stdout.split())
    assert "200 round trips of 8 B, others: getppid 0, now 200" in said
    assert "2000 messages of 8 B, one way, others: getppid 0, now 2000" in said
    assert "a run of" not in said.partition("does not take")[2].partition("If that is meant")[0]
    assert f"--counts-write={file} writes the new counts" in said


def test_what_cannot_be_compared_is_said_and_not_passed(tmp_path: Path) -> None:
    """No file at all is refused at once; counts of another machine are a skip with the reason."""
    (tmp_path / "own.py").write_text(MODULE)
    refused = _bench(tmp_path, f"--counts-compare={tmp_path / 'none.json'}")
    assert refused.returncode == 4, refused.stdout
    assert "cannot be read" in refused.stderr
    file = tmp_path / "counts.json"
    file.write_text('{"where": "Python 1.0 on a PDP-11", "kernel": "1", "transports": {}}')
    elsewhere = _bench(tmp_path, f"--counts-compare={file}", "-rs")
    assert elsewhere.returncode == 0, elsewhere.stdout
    assert "has counts of Python 1.0 on a PDP-11" in " ".join(elsewhere.stdout.split())
