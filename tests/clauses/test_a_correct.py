"""A. Correct: a run returns the exact sum, or raises an error."""

import math
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from report.results import RecordProperty
from tests import harness
from tests.harness import carried, checks, ordering, plain, room, shared_trials
from tests.harness.trouble import not_judged
from tests.scenarios import basics, faults, from_inside, large_numbers, raised

TERMS = (0, 1, 2, 3, 9, 10, 11, 97, 100, 1000, 1003, 4096, 65537)
WORKERS = (1, 2, 3, 7, 10, 17)

# Where slices are cut by floats, a term is lost or counted twice: int(61 / 7 * 7) is 60.
ROUNDED = ((29, 7), (61, 7), (109, 11), (122, 7))

_BRIEF = 0.05  # seconds: a run that computes for 0.25 s takes longer on most machines


def _cases(most: int) -> list[tuple[int, int]]:
    """Return pairs of terms and workers, of which there are *most* at most."""
    cases = [(n, w) for n in TERMS for w in WORKERS if w < 10 or n in (0, 97, 1003)]
    return [*cases, *ROUNDED, (100, min(64, most)), (1000, most), (2_000_000, 10)]


@cache
def _of_every_number(transport: str, most: int) -> harness.Outcome:
    scenario = harness.call(large_numbers.after_calls, _cases(most))
    return harness.run_trial(transport, scenario, limit=60)


@pytest.mark.clause("A1")
def test_the_result_is_exact_for_every_number_of_terms_and_workers(
    transport: str, record_property: RecordProperty
) -> None:
    """A1: n not divisible by workers, workers > n, n = 0, and 257 workers; pi for a large n.

    A run of so many terms that their number takes more than 32 bits does not fail at its start.

    There are fewer than 257 workers where the limits of the system do not allow so many.
    """
    most = room.workers(record_property, "A1", wanted=257, least=max(WORKERS))
    cases = _cases(most)
    outcome = checks.finished(_of_every_number(transport, most))
    checks.all_exact(outcome.calls())
    assert len(outcome.calls()) == len(cases)
    for early in outcome.of("early"):
        pytest.fail(f"run({early['terms']}, 2) ended at once: {early['how']}", pytrace=False)
    # The terms that are left out sum to 1/(4n): with two million terms pi is exact to 1.6e-7.
    assert math.isclose(outcome.calls()[-1]["value"], math.pi, rel_tol=5.1e-8)


@pytest.mark.clause("A1")
def test_the_result_is_exact_for_terms_and_workers_drawn_at_random(transport: str) -> None:
    """A1, with (n, workers) drawn by hypothesis."""
    with harness.Trial(transport, harness.call(basics.serve)) as trial:

        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(n=st.integers(0, 20_000), workers=st.integers(1, 24))
        def exact(n: int, workers: int) -> None:
            checks.all_exact([trial.ask(n, workers)])

        try:
            exact()
        except harness.Hang as hang:
            checks.finished(trial.finish_hung(str(hang)))
            raise
        checks.finished(trial.finish(20))


@pytest.mark.clause("A2")
def test_every_slice_counts_once_in_300_runs_under_load(transport: str) -> None:
    """A2: no slice is lost or counted twice, by concurrent runs, half of them on one processor."""
    for outcome in shared_trials.three_hundred(transport):
        checks.finished(outcome)
        assert outcome.of("repeated"), "not all runs came to an end"
        checks.all_exact(outcome.calls())


@pytest.mark.clause("A6")
def test_the_result_is_exact_in_every_order_of_system_calls(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """A6: each call of three workers and their caller is held until nobody else can go on."""
    outcome = ordering.gated(shared_trials.in_orders(transport, order), record_property, "A6")
    ordering.exact(outcome)


@pytest.mark.clause("A3")
def test_no_kill_at_a_random_time_gives_a_wrong_result(transport: str) -> None:
    """A3: the exact result or an error, after 60 kills of workers at times drawn from a seed."""
    if plain.deaths(transport).verdict == "HANG":
        plain.needs_answered_deaths(transport)
    outcome = harness.run_trial(
        transport, harness.call(faults.random_kills, seed=8, times=60, workers=3), limit=60
    )
    checks.all_error(checks.finished(outcome).calls(), or_exact=True, late=5.0)


@pytest.mark.clause("A4")
def test_a_signal_every_millisecond_is_invisible(transport: str) -> None:
    """A4: a system call may return EINTR, in the caller and in each worker."""
    outcome = checks.finished(
        harness.run_trial(
            transport, harness.call(faults.interrupted, n=60_000, workers=3, times=20), limit=60
        )
    )
    checks.all_exact(outcome.calls())
    assert outcome.of("caught")[0]["count"] > 20, "the signals did not come"


@pytest.mark.clause("A4")
def test_short_reads_and_writes_are_invisible(transport: str, short_io: str) -> None:
    """A4: each read and write transfers at most three bytes, as read(2) and write(2) allow.

    So it is with the text of what a worker raises, where that comes to the caller without this.
    """
    cases = [(n, 3) for n in range(10)]
    # A fresh interpreter takes long to come to its work.
    amid = harness.support(transport).forks and harness.workers_compute(transport)
    n = 0 if not amid or plain.unanswered(transport) else harness.quarter_of_a_second(transport)
    scenario = harness.call(raised.shortened, cases, n)
    outcome = harness.run_trial(transport, scenario, limit=60, env={"LD_PRELOAD": short_io})
    if outcome.verdict == "HANG" and outcome.of("called")[-1].get("way") == raised.PLAIN:
        not_judged("see C8: a run in which a worker raises does not end")
    checks.finished(outcome)
    checks.all_exact(call for call in outcome.calls() if "way" not in call)
    wrong = carried.faults(outcome)
    if not any(line.startswith(raised.PLAIN) for line in wrong):  # else see C8
        assert not wrong, "; ".join(wrong)


@pytest.mark.clause("A5")
def test_as_many_child_processes_as_workers_do_all_the_work_afresh(
    transport: str, record_property: RecordProperty
) -> None:
    """A5: nothing is computed in the caller, and the next call has new ones; of one worker too.

    Of as many as 257 workers each is born.
    """
    n = harness.quarter_of_a_second(transport)
    _children_compute(transport, n, workers=4, seconds=0.25)
    _children_compute(transport, n // 2, workers=1, seconds=0.125)
    if harness.support(transport).births:
        _all_are_born(transport, room.workers(record_property, "A5", wanted=257, least=1))


def _all_are_born(transport: str, most: int) -> None:
    """Fail if an exact run of A1, with up to *most* workers, has started fewer processes."""
    outcome = _of_every_number(transport, most)
    for call, births in zip(outcome.calls(), outcome.of("births"), strict=False):
        n, workers = int(call["n"]), int(call["workers"])
        if n >= workers and harness.state(call) == "exact":
            assert births["count"] >= workers, f"run({n}, {workers}): {births['count']} processes"


def _children_compute(transport: str, n: int, workers: int, seconds: float) -> None:
    """Fail unless *workers* children compute *n* terms, which takes *seconds* of CPU in all."""
    outcome = checks.finished(
        harness.run_trial(transport, harness.call(basics.worked, n=n, workers=workers), limit=60)
    )
    checks.all_exact(outcome.calls())
    computed = _who_computed(outcome)
    times = outcome.of("cpu")
    assert len(times) == 2
    for cpu, who in zip(times, computed, strict=True):
        if not who and max(cpu["work"], cpu["own"]) < cpu["took"] / 4 and cpu["took"] > _BRIEF:
            pytest.skip("it computes where the suite does not see it")
        assert len(who) >= workers, f"only {len(who)} processes computed"
        # The speed was measured in another trial.  Where two processors share a core, each computes
        # up to twice as fast while the other one is idle, and a clock rate may rise: 0.58 was seen.
        assert cpu["work"] > seconds / 3, f"the children computed for {cpu['work']} s alone"
        if cpu["own"] >= cpu["work"] / 4:
            _blame_the_caller(transport, f"the caller computed for {cpu['own']:.3f} s itself")
    assert not computed[0] & computed[1], "a process worked for two calls"


def _blame_the_caller(transport: str, what: str) -> None:
    """Fail, unless it also uses that much CPU while its workers are stopped: see D2."""
    waited = shared_trials.waits((transport,))[transport].of("waited")
    if any(wait["cpu"] > _BRIEF for wait in waited):
        not_judged(f"see D2: {what}, and it uses a processor while its workers are stopped")
    pytest.fail(what, pytrace=False)


def _who_computed(outcome: harness.Outcome) -> list[set[int]]:
    """Return the processes that computed in each run of `basics.worked`.

    Where nothing watches them, they log ticks.  Then those that a server has forked report their
    CPU time by these alone, for the kernel does not count them as children of the caller.
    """
    found: list[set[int]] = []
    pids, ticked = set[int](), 0.0
    for message in outcome.messages:
        if message["kind"] == "tick":
            pids.add(message["pid"])
            ticked += from_inside.TICK
        elif message["kind"] == "cpu":
            message["work"] = max(message["work"], ticked)
            found.append(pids | {*message["who"]})
            pids, ticked = set[int](), 0.0
    return found
