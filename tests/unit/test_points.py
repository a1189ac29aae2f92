"""Points at which a worker is killed: what is one, which are taken, and which counted."""

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping

import pytest

from tests.harness import Outcome
from tests.harness.checks import killed_at_points, swept
from tests.scenarios import injection
from tests.scenarios.profiles import LOCK, Point, Profile, evenly, points_of
from tests.scenarios.watching import INSIDE


def _in_child(act: Callable[[], object]) -> int:
    """Do *act* in a child; return how it has ended."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _points(act: Callable[[], object]) -> list[tuple[str, str]]:
    profile = Profile()

    def watched() -> None:
        profile.watch()
        act()

    _in_child(watched)
    return profile.points()


def _import_afresh() -> None:
    sys.modules.pop("colorsys", None)
    import colorsys  # noqa: F401, PLC0415 - it is the import that is watched


def test_what_an_import_calls_is_no_point() -> None:
    """It takes locks and makes hundreds of calls."""
    assert len(_points(_import_afresh)) < 6  # of pop, and of the exit


def test_a_lock_is_one_but_not_that_of_a_thread_that_starts() -> None:
    """The module threading waits until the thread has begun."""

    def start() -> None:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

    mutex = threading.Lock()

    def lock() -> None:
        mutex.acquire()
        mutex.release()

    assert [name for _, name in _points(lock) if name in LOCK]
    assert not [name for _, name in _points(start) if name in LOCK]


def test_a_child_that_does_not_come_to_its_point_is_known() -> None:
    """It makes fewer calls than in the run before."""
    profile = Profile()

    def watched(point: int) -> None:
        profile.watch(point)
        os.getpid()

    assert _in_child(lambda: watched(1)) == -signal.SIGKILL
    assert profile.reached()
    assert not profile.reached()  # it is asked anew for each run
    assert _in_child(lambda: watched(1000)) == 0
    assert not profile.reached()


def test_points_are_taken_evenly_and_all_if_they_are_few() -> None:
    """The first and the last among them."""
    points: list[Point] = [(1, number, -1.0, "") for number in range(1, 1001)]
    taken = [number for _, number, *_ in evenly(points, 200)]
    assert len(taken) == len(set(taken)) == 200
    assert taken[0] == 1
    assert taken[-1] == 1000
    assert {later - one for one, later in itertools.pairwise(taken)} == {5, 6}
    assert evenly(points[:7], 200) == points[:7]


def test_a_point_is_told_in_words() -> None:
    """With the child, and the number of the call."""
    (point,) = points_of("before", 2, [("c", "open"), ("c", "write"), ("r", "write")])
    assert point == (2, 1, -1.0, "child 2, before open (#1)")


def _messages(*kinds: Mapping[str, object]) -> Outcome:
    outcome = Outcome()
    outcome.messages += [{"pid": 1, "at": 0.0, **kind} for kind in kinds]
    return outcome


def test_a_call_in_which_nobody_was_killed_does_not_count() -> None:
    """The child did not come to its point."""
    right = {"kind": "outcome", "n": "0", "workers": "2", "type": "float", "value": 0.0}
    first, second = ({**right, "where": where} for where in "ab")
    unreached = {"kind": "unreached", "where": "a"}
    outcome = _messages(first, unreached, second)
    assert [found["where"] for found in killed_at_points(outcome)] == ["b"]
    wrong = first | {"error": "OSError", "exception": True, "text": "broken"}
    with pytest.raises(pytest.skip.Exception, match=r"see C11: .*broken"):
        killed_at_points(_messages(second, wrong, unreached))
    with pytest.raises(pytest.skip.Exception, match="makes other calls in each run"):
        killed_at_points(_messages(first, unreached))


@pytest.mark.parametrize(
    ("tried", "chosen", "all_", "text"),
    [
        (7, 7, 7, ""),
        (200, 200, 1834, "200 of 1834 points were tried, evenly spread"),
        (80, 200, 1834, "80 of 200 points were tried in the time there was"),
    ],
)
def test_a_sweep_tells_how_many_points_there_were(
    tried: int, chosen: int, all_: int, text: str
) -> None:
    """If not all were tried."""
    points = {"kind": "points", "tried": tried, "chosen": chosen, "all": all_}
    assert swept(_messages(points)) == text


@pytest.mark.skipif(sys.platform != "linux", reason="no timer_create(2)")
def test_one_that_has_outlived_its_run_takes_no_ticket_of_a_later_one() -> None:
    """Also where the pipe of the later run has the number that the one of its own run had."""
    with injection.tickets(1) as first:
        _in_child(first)
        assert _in_child(lambda: os._exit(first())) == 0, "there was but one"
    with injection.tickets(1) as second:
        assert _in_child(lambda: os._exit(first())) == 0
        assert _in_child(lambda: os._exit(second())) == 1


def test_no_signal_that_a_worker_resets_or_blocks_saves_it() -> None:
    """Nor does a timer of its own."""

    def deaf() -> None:
        injection.die_after(0.01)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(5)

    assert _in_child(deaf) == -signal.SIGKILL


def test_a_worker_that_takes_the_defaults_outlives_the_end_of_its_time() -> None:
    """The signal of `after_cpu` is ignored by default."""

    def compute(act: Callable[[], object]) -> None:
        injection.after_cpu(0.005, lambda: os._exit(3))
        act()
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass

    assert _in_child(lambda: compute(int)) == 3
    if sys.platform == "linux":
        assert _in_child(lambda: compute(lambda: signal.signal(INSIDE, signal.SIG_DFL))) == 0
