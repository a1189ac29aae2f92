"""The counts of system calls and bytes: what is counted, kept, compared and printed."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from tests import harness
from tests.benchmarks.counts import behind, counted, kept, table
from tests.benchmarks.counts.counted import Figures
from tests.benchmarks.counts.works import BULK, RUN, STREAM, TRIP, WORKS, Span, Usage, Work


def _count(act: Callable[[], object], times: int = 3) -> behind.Counts:
    """Count *act*, done so often in the counted span, and once before and after it."""

    def work(_module: ModuleType, times: int, span: Span) -> Usage:
        act()
        with span():
            for _ in range(times):
                act()
        act()
        return Usage(0, 0)

    nothing = cast("ModuleType", SimpleNamespace())
    return behind.count(nothing, Work("work", "works", times, work))


# -- what is counted --------------------------------------------------------------------------


def test_each_system_call_is_counted_also_what_no_other_process_can_notice(gate: None) -> None:
    """And nothing outside of the span."""
    found = _count(os.getppid)
    assert found.calls == {"caller": {"getppid": 3}, "others": {}}
    assert found.bytes == 0


def test_the_calls_of_other_processes_are_counted_apart(gate: None) -> None:
    """A child that was forked, and what its parent does to see its end."""

    def forks() -> None:
        pid = os.fork()
        if pid == 0:
            os.getppid()
            os._exit(0)
        os.waitpid(pid, 0)

    found = _count(forks, 2)
    assert found.calls["others"]["getppid"] == 2
    assert found.calls["others"]["exit_group"] == 2
    assert found.calls["caller"]["wait4"] == 2
    assert found.pss_kib is None or found.pss_kib > 0


@pytest.mark.parametrize(
    "send",
    [
        lambda one: os.write(one.fileno(), bytes(7)),
        lambda one: os.writev(one.fileno(), [bytes(4), bytes(3)]),
        lambda one: one.send(bytes(7)),
        lambda one: one.sendmsg([bytes(2), bytes(5)]),
    ],
    ids=["write", "writev", "send", "sendmsg"],
)
def test_bytes_are_those_that_are_handed_to_the_kernel(
    gate: None, send: Callable[[socket.socket], object]
) -> None:
    """By the arguments of the calls."""
    one, other = socket.socketpair()
    with one, other:
        assert _count(lambda: send(one), 5).bytes == 5 * 7


def test_clocks_go_on_by_a_step(gate: None) -> None:
    """So that what is done at a time is done at the same message."""

    def waits() -> None:
        until = time.monotonic() + 20e-6
        while time.monotonic() < until:
            os.getppid()
        assert time.time_ns() > 0

    assert _count(waits).calls == _count(waits).calls == {
        "caller": {"getppid": 3 * 20}, "others": {},
    }  # fmt: skip


def test_a_work_that_fails_is_told(gate: None) -> None:
    """With the error, not as counts."""

    def fails() -> None:
        raise ValueError("no message")

    with pytest.raises(behind.Uncountable, match="works, behind the gate: ValueError: no message"):
        _count(fails)


def test_a_work_that_never_ends_is_told(gate: None) -> None:
    """With the calls in which its processes wait."""
    reader, writer = os.pipe()
    said = "works, behind the gate: processes that wait for ever: 0 in read"
    with pytest.raises(behind.Uncountable, match=said):
        _count(lambda: os.read(reader, 1))
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("name", ["pipe", "posix_mq", "file"])
def test_counts_are_the_same_each_time(gate: None, name: str) -> None:
    """Of reference transports, with all works that they can do."""
    if reason := harness.unsupported(f"transports.{name}"):
        pytest.skip(reason)
    first, second = (counted.counts(counted.figures(f"transports.{name}")) for _ in range(2))
    assert first == second
    assert set(first) == ({"run"} if name == "file" else {work.key for work in WORKS})
    assert all(calls["all"]["bytes"] for calls in first.values())


def test_without_a_gate_the_reason_is_told_and_the_rest_is_measured() -> None:
    """As in a sandbox that has a listener already."""
    program = (
        "import json\n"
        "from tests.benchmarks.counts import __main__ as it, behind\n"
        "from tests.gate.seccomp import Refused\n"
        "def refuse(*_):\n"
        "    raise Refused('seccomp: Device or resource busy')\n"
        "behind.count = refuse\n"
        "print(json.dumps(it.main('transports.pipe')))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = Figures(**json.loads(ran.stdout))
    assert found.no_counts == "seccomp: Device or resource busy"
    assert found.refused
    assert found.works["trip"]["cpu_us"] > 0
    assert counted.counts(found) == {}


# -- kept, and compared -----------------------------------------------------------------------


def _trips(**others: int | None) -> kept.Kept:
    return {TRIP.key: {"caller": {"write": 200}, "others": {"read": 200, **others}}}


def test_one_call_more_or_less_is_a_difference() -> None:
    """It is told with its work and side."""
    assert kept.differences(_trips(), _trips()) == set()
    line = "200 round trips of 8 B, others: getppid {}, now {}"
    assert kept.differences(_trips(), _trips(getppid=1)) == {line.format(0, 1)}
    assert kept.differences(_trips(getppid=1), _trips()) == {line.format(1, 0)}


def test_what_differed_when_it_was_kept_is_not_compared() -> None:
    """Nor the futexes of memory that processes share."""
    before = kept.merged([_trips(poll=2, futex=1), _trips(poll=3, futex=1), _trips(futex=1)])
    assert before == _trips(poll=None, futex=None)
    assert kept.differences(before, _trips(poll=17, futex=9)) == set()
    assert kept.differences(_trips(), _trips(futex=9)) == set()


def test_a_work_that_is_new_or_gone_is_a_difference() -> None:
    """As of a transport that has got a channel."""
    run: kept.Kept = {RUN.key: {"caller": {"read": 1}, "others": {}}}
    assert kept.differences(run, run | _trips()) == {"round trips of 8 B: none before"}
    assert kept.differences(run | _trips(), run) == {"round trips of 8 B: none any more"}


def test_a_file_keeps_several_transports(tmp_path: Path) -> None:
    """Written anew, one leaves the others as they are."""
    file = tmp_path / "counts.json"
    kept.write(file, "one", [_trips()])
    kept.write(file, "other", [_trips(poll=1)])
    kept.write(file, "one", [_trips(poll=2), _trips(poll=3)])
    content = kept.read(file)
    assert content["where"] == kept.where()
    assert content["transports"] == {"one": _trips(poll=None), "other": _trips(poll=1)}
    file.write_text(file.read_text().replace(kept.where(), "elsewhere"))
    with pytest.raises(kept.Unusable, match="has counts of elsewhere, and this is"):
        kept.write(file, "one", [_trips()])


@pytest.mark.parametrize("text", [None, "", "[]", "{}"])
def test_what_is_no_file_of_counts_is_refused(tmp_path: Path, text: str | None) -> None:
    """With the reason."""
    file = tmp_path / "counts.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(kept.Unusable, match=str(file)):
        kept.read(file)


# -- the table --------------------------------------------------------------------------------


def _figures(**calls: int) -> dict[str, object]:
    return {
        "cpu_us": 12345.678,
        "switches": 1000.25,
        "calls": {"caller": calls, "others": {}},
        "bytes": 10_000_000,
        "pss_kib": 123_456,
    }


def test_the_table_fits_80_columns() -> None:
    """Also with large figures, long names, and none."""
    works = {work.key: _figures(read=9_999 * work.times) for work in (RUN, TRIP, STREAM, BULK)}
    few = {RUN.key: {"cpu_us": 1.0, "switches": 2.0}}
    rows = {"a_module_with_a_long_name": Figures(works), "none": Figures(few, "no gate")}
    lines = list(table.lines(rows))
    assert all(len(line) <= table.WIDTH for line in lines)
    assert "no calls, bytes and PSS of none: no gate" in lines
    assert "9999" in lines[2]
    assert lines[3].split() == ["none", "-", "1", "-", *"-" * 7]


def test_counts_of_shared_memory_are_marked() -> None:
    """They are a matter of the moment."""
    shared = Figures({TRIP.key: _figures(futex=400)})
    own = Figures({TRIP.key: _figures(read=400)})
    lines = list(table.lines({"shared": shared, "own": own}))
    assert " ~2.00 " in lines[2]
    assert " 2.00 " in lines[3]
