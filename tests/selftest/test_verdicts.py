"""What a user reads of a module that is wrong at all, or in one thing: the cause, once."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.selftest.support_file import run_suite

# As in "Exchanging objects between processes", in the manual of multiprocessing.
NAIVE = """
import math, multiprocessing

def part(q, lo, hi):
    q.put(math.fsum(1 / (2 * k + 1) ** 2 for k in range(lo, hi)))

def run(n, workers):
    q = multiprocessing.get_context("fork").Queue()
    step = -(-n // workers)
    ps = [
        multiprocessing.get_context("fork").Process(
            target=part, args=(q, i * step, min(n, (i + 1) * step))
        )
        for i in range(workers)
    ]
    for p in ps:
        p.start()
    total = math.fsum(q.get() for p in ps)
    for p in ps:
        p.join()
    return math.sqrt(8 * total)
"""

FRESH = """
import multiprocessing, threading

def work(q, i):
    threading.Event().wait()

def run(n, workers):
    context = multiprocessing.get_context("{}")
    q = context.Queue()
    ps = [context.Process(target=work, args=(q, i)) for i in range(workers)]
    for p in ps:
        p.start()
    return sum(q.get() for p in ps)
"""

HELD = """
from tests.selftest.defects import honest

def run(n, workers):
    value = honest.run(n, workers)
    return {value}
"""


def _test(place: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the clauses on a module of this *source*, as its author does."""
    (place / "mine.py").write_text(source)
    options = ("-q", "--transport=mine.py", "tests/clauses")
    return run_suite(place, *options, *arguments, COLUMNS="1000")  # so that no line is wrapped


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def run(terms):\n    return 3.1", "run(1000, 2) raised TypeError: run() takes 1 posit"),
        ("def run(n, workers):\n    return {}[n]", "  mine.py, line 2, in run: `return {}[n]`"),
        ("def run(n, workers):\n    pass", "run(1000, 2) returned None: a float is due"),
        ("def run(n, workers):\n    return 3.14", "run(1000, 2) returned 3.14, where 3.14127432"),
        ("def run(n, workers):\n    yield 3.14", "run(1000, 2) returned a generator"),
        ("async def run(n, workers):\n    return 3.14", "run(1000, 2) returned a coroutine"),
        ("import os\ndef run(n, workers):\n    os.abort()", "called run(1000, 2) died of SIGABRT"),
        ("import time\ndef run(n, workers):\n    time.sleep(99)", "run(1000, 2) did not return"),
    ],
    ids=["signature", "raises", "none", "constant", "generator", "coroutine", "dies", "hangs"],
)
def test_a_module_without_a_result_fails_once(tmp_path: Path, source: str, said: str) -> None:
    """In words; all other tests are not judged, and none of them passes."""
    done = _test(tmp_path, source)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    last = done.stdout.splitlines()[-1]
    assert last.startswith("1 failed, ")
    assert " passed" not in last
    assert said in done.stdout.partition("support matrix")[0]
    assert "mine.py: nothing was judged: " in done.stdout
    assert "Usual cause" not in done.stdout


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_a_hang_shows_the_line_in_which_a_worker_waits(tmp_path: Path, start: str) -> None:
    """However the worker was started."""
    done = _test(tmp_path, FRESH.format(start), "--clause=A1")
    (line,) = [line for line in done.stdout.splitlines() if "in work: `" in line]
    both = r"rocess \(pid \d+\), process \(pid \d+\) wait at mine.py, line 5, in work: "
    assert re.search(both + re.escape("`threading.Event().wait()`"), line), done.stdout


def test_a_module_without_a_result_fails_also_where_the_short_run_is_left_out(
    tmp_path: Path,
) -> None:
    """A run of one clause, which is not judged, is no success."""
    done = _test(tmp_path, "def run(n, workers):\n    pass", "-k", "after_a_return")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "mine.py: nothing was judged: run(1000, 2) returned None" in done.stdout


def test_a_death_that_nobody_notices_is_told_once(tmp_path: Path) -> None:
    """C1 tells it, with the line that waits; other clauses of deaths name C1, and E is not judged.

    What H names is judged: it says what came before the hang.
    """
    names = "killed_before or killed_at_once or of_others or next_run or random_time"
    names += " or test_e_undisturbed or test_h_arguments"
    done = _test(tmp_path, NAIVE, "-k", names)
    told = done.stdout.partition("support matrix")[0]
    assert told.count("HANG: ") == 1
    assert re.search(
        r"HANG: run\(60000, 3\) did not return (within 20 s )?after a worker \(pid \d+\) died", told
    )
    assert "waits at mine.py, line 18, in run: `total = math.fsum(q.get() for p in ps)`" in told
    assert told.count("\nas C1: run(") == 4  # C2, C10 of two and of all, C11
    assert "run(2.0, 2): it was not refused before a process was started, and did not" in told
    (remark,) = [line for line in done.stdout.splitlines() if "fix first" in line]
    assert "mine.py: fix first C1 (" in remark
    assert (
        "; same cause: C2, C10, C11; not judged: A3, E2, E3, E4, E5, E6, E8; then: H1, H2" in remark
    )


@pytest.mark.parametrize(
    ("value", "clauses"),
    [
        ("value * (1 + 1e-12)", "not judged: A2, D2, E1"),
        ("value if n != 100 else 2.0", "not judged: E1"),
    ],
)
def test_a_wrong_value_is_for_a1(tmp_path: Path, value: str, clauses: str) -> None:
    """Also where another clause meets it."""
    names = "exact_for_every or 300_runs_under_load or after_a_return or no_sleep or threads_at"
    done = _test(tmp_path, HELD.format(value=value), "-k", names)
    (remark,) = [line for line in done.stdout.splitlines() if "fix first" in line]
    assert "mine.py: fix first A1 (" in remark
    assert clauses in remark
    assert done.stdout.splitlines()[-1].startswith("1 failed, ")
