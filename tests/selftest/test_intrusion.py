"""Runs under attack, and what is looked at after them: `tests.harness.intrusion`."""

import os
from pathlib import Path

from tests.harness.intrusion import contents, intrude


def test_a_fifo_where_a_planted_link_leads_is_not_opened(tmp_path: Path) -> None:
    """To open it would wait for ever: nobody has it open."""
    (tmp_path / "file").write_text("sings")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("file")
    assert contents(tmp_path) == {"file": b"sings", "fifo": "a fifo", "link": "a link"}


NOT_JOINED = """
import math
from multiprocessing import Process, Queue

def part(sums, lo, hi):
    sums.put(math.fsum(1 / (2 * k + 1) ** 2 for k in range(lo, hi)))

def run(n, workers):
    sums = Queue()
    for i in range(workers):
        Process(target=part, args=(sums, n * i // workers, n * (i + 1) // workers)).start()
    return math.sqrt(8 * math.fsum(sums.get() for _ in range(workers)))
"""


def test_children_that_outlive_their_run_do_not_hold_up_the_next_one(tmp_path: Path) -> None:
    """They stop at their exit, when the run is over: the suite lets them go on."""
    module = tmp_path / "not_joined.py"
    module.write_text(NOT_JOINED)
    intrusion = intrude(str(module), ["flood", "forge", "witness"])
    (outcome,) = intrusion.outcomes  # after a hang there would be another trial
    assert outcome.verdict != "HANG", outcome.faults
    assert [run.result for run in intrusion.runs] == ["exact"] * 3


ABORTS = f"""
import os
{
    NOT_JOINED.replace(
        "    sums = Queue()",
        '''    sums = Queue()
    if n > 360:
        os.abort()''',
    )
}
"""


def test_a_caller_that_dies_under_attack_is_no_hang(tmp_path: Path) -> None:
    """The verdict says how it ended.  Each run has thirty terms more than the one before."""
    module = tmp_path / "aborts.py"
    module.write_text(ABORTS)
    (run, *_) = intrude(str(module), ["garbage"]).runs
    assert run.result == "its caller died of SIGABRT"
