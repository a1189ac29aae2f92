"""Scarcity: one allocation fails, few frames are left, queues are small, the clock is wrong."""

import importlib.util
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.cases import KINDS, Cases, scarcity
from tests.unit.stage import Stage, fresh

_DAY = 86_400
_SMALL = "small_queues"


_ALL, _SOME = 600.0, 60.0  # seconds: for every place, and for some of them


def _every(name: str) -> bool:
    """Tell whether a case tries every place, which takes long."""
    return re.search(r"every=1\b", name) is not None


def _is_left_out(name: str) -> bool:
    """Tell whether a case is for the marker exhaustive: it is long, or strikes at random.

    Which allocation has which number is not the same in each run, so neither is the place that
    fails: too much of chance for a test that everybody runs.
    """
    return "allocation" in name or _every(name)


def _names(cases: Cases) -> list[object]:
    """Return parameters for *cases*, some of them for the marker exhaustive."""
    return [
        pytest.param(name, marks=pytest.mark.exhaustive if _is_left_out(name) else ())
        for name in cases
        if not name.startswith(_SMALL)
    ]


def _perform(stage: Stage, name: str) -> None:
    if "allocation" in name and importlib.util.find_spec("_testcapi") is None:
        pytest.skip("this Python has no _testcapi")
    if "allocation" in name and stage.target == "transports.posix_mq":
        pytest.skip("posix_ipc.MessageQueue() ends the process where an allocation fails (1.3.2)")
    print(stage.perform(scarcity, name, limit=_ALL if _every(name) else _SOME))


@pytest.mark.parametrize("name", _names(scarcity.case))
def test_scarcity(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/scarcity.py."""
    _perform(channel_stage, name)


@pytest.mark.parametrize("name", _names(scarcity.run_case))
def test_scarcity_in_run(run_stage: Stage, name: str) -> None:
    """The same, of `run` alone."""
    _perform(run_stage, name)


@pytest.mark.parametrize("name", [name for name in scarcity.case if name.startswith(_SMALL)])
def test_small_queues(channel_stage: Stage, name: str) -> None:
    """The limits of System V queues, in an IPC namespace of its own."""
    if channel_stage.target != "transports.sysv_mq":
        pytest.skip("not a System V queue")
    channel_stage.perform(scarcity, name)


_CLOCK = """
import importlib, os, sys, time
module = importlib.import_module(sys.argv[1])
def work(link):
    link.send(link.receive())
for shift in sys.argv[2:]:
    os.environ["CLOCK_SHIFT"] = shift
    print(time.time(), flush=True)
    assert abs(module.run(1000, 2, timeout=60) - 3.14) < 0.01
    if hasattr(module, "channel"):
        with module.channel(work, 2, duplex=True, timeout=60) as messages:
            messages.send(0, b"x")
            messages.send(1, b"x")
            came = sorted((worker, bytes(message)) for worker, message in messages)
            assert came == [(0, b"x"), (1, b"x")], came
"""


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the library that moves the wall clock; return its path for LD_PRELOAD."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler (cc) to build tests/unit/clock.c with")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.skip(f"tests/unit/clock.c cannot be built: {built.stderr[-300:]}")
    return str(library)


# What asks for the wall clock: posix_mq and shm, for the times of mq_timedreceive(3) and
# sem_timedwait(3) are of that clock.  Of the others, one of each kind.
@pytest.mark.over("posix_mq", *KINDS)
def test_a_wrong_clock_changes_nothing(reference: str, clock: str) -> None:
    """The wall clock as the process reads it is a day ahead of the kernel's, then behind it."""
    shifts = [_DAY, -_DAY]
    arguments = (reference, *map(str, shifts))
    status, printed = fresh("-c", _CLOCK, *arguments, env={"LD_PRELOAD": clock}, limit=20)
    read, *rest = printed.splitlines()
    if abs(float(read) - time.time() - shifts[0]) > _DAY / 2:
        pytest.skip("LD_PRELOAD does not move the clock here")
    assert status == 0, f"with the clocks {[read, *rest]} it ended with {status}"
    assert len(rest) == 1, f"with the clocks {[read, *rest]}"
