"""Strikes at the gate: where they come, what they do, and to whom."""

import contextlib
import errno
import mmap
import os
import subprocess
from functools import partial

import pytest
import sysv_ipc

from tests.gate import strikes, sweeps
from tests.gate.keeper import once, watched
from tests.gate.policies import Follow, Order
from tests.gate.seccomp import Refused
from tests.gate.tasks import Place
from tests.unit.gated import run, tell

pytestmark = pytest.mark.usefixtures("gate")


def _two() -> str:
    """Let two children write; return how they have ended."""
    pids = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            os.write(os.pipe()[1], b"here")
            os._exit(0)
        pids.append(pid)
    return str([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids])


def test_two_processes_can_be_killed_at_once() -> None:
    """Before a call of one of them, wherever the other one is."""
    order = Order(struck=Place("1", 0, "write"), signal="SIGKILL", other="2")
    record = run(_two, order)
    assert record.told == b"[-9, -9]"
    assert len(record.strikes) == 2
    assert run(_two, Order(struck=order.struck, signal="SIGKILL")).told == b"[-9, 0]"
    assert run(_two).told == b"[0, 0]"


def test_a_place_may_be_counted_by_the_name_of_its_call() -> None:
    """The third close is the same, whatever comes between; its order as text is that order."""

    def closes() -> str:
        found = []
        for _ in range(4):
            ends = os.pipe()
            try:
                os.close(ends[0])
                found.append("closed")
            except OSError as error:
                found.append(errno.errorcode[error.errno or 0])
        return " ".join(found)

    order = Order(struck=Place("0", 2, "close"), fail="EIO")
    assert Order.parse(str(order)) == order
    assert run(closes, order).told == b"closed closed EIO closed"


def test_calls_that_no_other_process_can_notice_wait_on_demand() -> None:
    """Then one of them can fail."""

    def maps() -> str:
        try:
            mmap.mmap(-1, 1 << 20).close()
        except OSError as error:
            return errno.errorcode[error.errno or 0]
        return "mapped"

    act = partial(tell, maps)
    order = Order(struck=Place("0", 0, "mmap"), fail="ENOMEM", times=0)
    assert sweeps.follow(act, order, own=True).told == b"ENOMEM"
    assert sweeps.follow(act, order).told == b"mapped"


def test_who_looks_again_and_again_does_not_hold_up_those_it_waits_for() -> None:
    """Whoever goes on for very long lets another one go on."""

    def looks() -> str:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        if os.fork() == 0:
            os.write(writer, b"here")
            os._exit(0)
        while True:
            with contextlib.suppress(BlockingIOError):
                return os.read(reader, 9).decode()

    record = run(looks)
    assert record.told == b"here", record.stuck


def test_what_is_done_before_the_block_does_not_wait() -> None:
    """But its children do, also one that is started by vfork(2)."""

    def act() -> bytes:
        subprocess.run(["/bin/echo"], stdout=subprocess.DEVNULL, check=True)
        with watched():
            return _two().encode()

    record = once(act, Follow(Order()), limit=20.0)
    assert record.told == b"[0, 0]"
    assert {step.process for step in record.steps[: record.begun]} == {"1"}
    assert {step.process for step in record.steps[record.begun :]} == {"0", "2", "3"}


def _bases() -> sweeps.Bases:
    return sweeps.bases(partial(tell, _two))


def test_a_signal_comes_at_each_call_of_the_one_or_the_others() -> None:
    """In two orders; each comes to its point."""
    runs = _bases()
    for caller in (True, False):
        orders = list(strikes.signals(runs, ["SIGKILL"], caller=caller))
        calls = [s for run in runs.values() for s in run.steps if (s.process == "0") == caller]
        assert len(orders) == len(calls) > 5
        for order in orders:
            record = sweeps.follow(partial(tell, _two), order)
            assert len(record.strikes) == 1, order
            assert record.status == (-9 if caller else 0)
            assert caller or b"-9" in record.told


def test_each_error_comes_once_and_again() -> None:
    """At the calls of the caller alone: pipe, fork and wait."""
    orders = list(strikes.failures(_bases(), caller=True))
    assert {order.struck.process for order in orders if order.struck} == {"0"}
    assert {(o.fail, o.times) for o in orders if o.struck and o.struck.call == "wait4"} == {
        ("EINTR", 1),
        ("EINTR", 3),
    }
    forks = [o for o in orders if o.fail == "EAGAIN"]
    assert {order.times for order in forks} == {0, 1}


def test_no_signal_ends_a_call_that_cannot_sleep() -> None:
    """A semaphore that is raised, a queue that is asked with IPC_NOWAIT."""

    def act() -> str:
        semaphore = sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX)
        queue = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX)
        try:
            semaphore.release()
            semaphore.acquire()
            queue.send(b"one", block=False)
            queue.receive()
            return "done"
        finally:
            semaphore.remove()
            queue.remove()

    orders = strikes.failures(sweeps.bases(partial(tell, act)), caller=True)
    ended = {(o.struck.call, o.struck.number) for o in orders if o.struck and o.fail == "EINTR"}
    assert ended == {("semtimedop", 1), ("msgrcv", 0)}


@pytest.mark.parametrize("caller", [True, False])
def test_two_are_killed_where_both_live(caller: bool) -> None:
    """So each point is reached; the caller is one of them, or neither."""
    orders = list(strikes.kills_of_two(_bases(), caller=caller))
    assert len(orders) > 3
    for order in orders:
        assert order.struck
        assert ("0" in (order.struck.process, order.other)) == caller
        assert len(sweeps.follow(partial(tell, _two), order).strikes) == 2, order


def test_a_process_dies_where_others_have_come_as_far_as_they_can() -> None:
    """At the call that was held, and at others."""
    orders = list(strikes.kills_in_stalls(_bases()))
    assert any(order.held == order.struck for order in orders)
    assert any(order.held != order.struck for order in orders)
    for order in orders:
        record = sweeps.follow(partial(tell, _two), order)
        assert b"-9" in record.told, order


def _sends_from_a_child() -> str:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.write(writer, b"one")
        os.write(writer, b"two")
        os.close(writer)
        os._exit(0)
    os.close(writer)
    while os.read(reader, 9):
        pass
    return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def test_a_process_is_killed_in_each_stage_of_its_life() -> None:
    """Before it sends, at each send, after the last one, and when it exits."""
    act = partial(tell, _sends_from_a_child)
    run = sweeps.bases(act)[False]
    found = {
        stage: list(strikes.kills_in_stage(run, stage, ["1"]))
        for stage in ("before", "inside", "after", "exit")
    }
    calls = {
        stage: [order.struck.call for order in orders if order.struck]
        for stage, orders in found.items()
    }
    assert calls.pop("before")[-1] == "close"  # behind what the C library does at its birth
    assert calls == {
        "inside": ["write", "write"],
        "after": ["close"],
        "exit": ["exit_group"],
    }
    ends = [sweeps.follow(act, order).told for orders in found.values() for order in orders]
    assert set(ends) == {b"-9"}


def test_a_run_that_polls_to_the_end_is_no_base_of_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not seen to wait, so nothing is said of it; one that waits for ever is a base."""

    def polls() -> None:
        while True:
            os.sched_yield()

    monkeypatch.setattr(sweeps, "once", partial(once, limit=0.2))
    with pytest.raises(Refused, match="processes poll"):
        sweeps.base(partial(tell, polls))
    assert sweeps.base(partial(tell, lambda: os.read(os.pipe()[0], 1))).proven
