"""D. Progress: no deadlock, no busy wait, and a timeout only where the caller asks for one."""

import math
import statistics
from functools import partial

import pytest

from report.results import RecordProperty
from report.spread import is_worker
from tests import harness
from tests.harness import checks, limits, ordering, plain, room, shared_trials
from tests.harness.trouble import not_judged
from tests.scenarios import basics, clocks, idle, lost_wakes, timeouts


@pytest.mark.clause("D1")
def test_more_workers_than_a_queue_holds_do_not_deadlock(
    transport: str, record_property: RecordProperty
) -> None:
    """D1: the caller is stopped while up to 600 workers send at once, until the channel is full.

    Each worker is stopped at its birth, until no other one is born.  A POSIX queue holds 10
    messages, a System V queue 16384 bytes, a listener its backlog.  There are only 60 workers if
    each starts a fresh interpreter, as those of a launcher do, which takes a tenth of a second of
    CPU; and fewer where the limits of the system do not allow so many.
    """
    said = harness.support(transport)
    wanted = 600 if said.forks and said.births else 60
    workers = room.workers(record_property, "D1", wanted, least=min(64, wanted))
    free = room.shared_memory()

    outcome = harness.run_trial(
        transport,
        harness.call(basics.gathered, n=6000, workers=workers),
        act=partial(shared_trials.let_all_send, workers=workers),
        limit=30,
    )
    calls = checks.finished(outcome).calls()
    if (reason := room.too_little_memory(calls, free)) is not None:
        pytest.skip(reason)
    checks.all_exact(calls)


@pytest.mark.clause("D4")
def test_processes_of_a_run_never_wait_for_each_other_in_a_circle(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """D4: in none of the orders of A6; that nobody can go on is seen from what each waits in."""
    outcome = ordering.gated(shared_trials.in_orders(transport, order), record_property, "D4")
    ordering.ends(outcome)


@pytest.mark.clause("D4")
def test_a_wake_up_that_comes_before_the_wait_is_not_lost(transport: str) -> None:
    """D4: a signal before pause(2), for example; each process rests before it waits."""
    scenario = harness.call(lost_wakes.rested, n=30, workers=3)
    checks.all_exact(checks.finished(harness.run_trial(transport, scenario)).calls())


@pytest.fixture
def wait(request: pytest.FixtureRequest, transport: str) -> harness.Outcome:
    """Let a run wait for two seconds, with those of the other transports under test.

    Where tests are spread over processes, each transport has its own two seconds: the other
    processes go on meanwhile.
    """
    spread = is_worker(request.config)
    at_once = [transport] if spread else shared_trials.asked(request, "wait")
    return shared_trials.waits(tuple(at_once))[transport]


@pytest.mark.clause("D2")
def test_the_caller_sleeps_while_it_waits(wait: harness.Outcome) -> None:
    """D2: it uses less than 50 ms of CPU in 2 s, and wakes up only for events.

    Its workers are stopped: at their birth but for one, all before they send, all at their exit.
    A caller that polls every 100 ms wakes up ten times in a second.
    """
    outcome = checks.finished(wait)
    if any(harness.state(call) != "exact" for call in outcome.calls()):
        not_judged("see D3: a run whose workers were stopped for 2 s was not exact")
    if why := checks.missed(outcome):
        not_judged(f"see A5: {why}")
    for waited in outcome.of("waited"):
        seconds = 2 if waited["stage"] == "birth" else 1
        what = f"in a wait of {seconds} s for workers that were stopped at: {waited['stage']}"
        assert waited["cpu"] < 0.05, f"{waited['cpu']:.3f} s of CPU {what}"
        assert waited["wakes"] < 7 * seconds, f"woken {waited['wakes']} times {what}"


@pytest.mark.clause("D2")
def test_no_sleep_adds_to_a_short_run(transport: str) -> None:
    """D2: in a run with one term for each worker, all sleep for less than four times the floor.

    The floor is the time that processes take which do nothing.  A sleep for each worker, or an
    interval at which the caller polls, takes longer.  The run goes on while one of its processes
    computes, or waits for a processor.  This is seen in /proc, for the mean of ten runs.  Where
    there is none, the shortest of the ten counts, less its CPU time; then workers that the caller
    has not forked cannot be judged.
    """
    outcome = checks.finished(
        harness.run_trial(transport, harness.call(idle.short, workers=10, times=10))
    )
    checks.all_exact(outcome.calls())
    runs = outcome.of("short")
    seen = all(run["seen"] for run in runs)
    if not seen and not harness.support(transport).forks:
        pytest.skip("no /proc, where it could be seen whether its workers sleep")
    floor = statistics.median(run["floor"] for run in runs)
    idle_for = (statistics.fmean if seen else min)(run["idle"] for run in runs)
    assert idle_for < 4 * floor, (
        f"all processes of a short run slept at the same time, for {idle_for:.3f} s;"
        f" as many processes that do nothing take {floor:.3f} s in all"
    )


@pytest.mark.clause("D3")
def test_a_worker_that_is_stopped_for_two_seconds_is_waited_for(wait: harness.Outcome) -> None:
    """D3: without a timeout; the runs of D2, whose workers are stopped, at their birth or later."""
    checks.all_exact(checks.finished(wait).calls())


@pytest.mark.clause("D3")
def test_a_timeout_bounds_a_run(transport: str) -> None:
    """D3: TimeoutError within a second after it, nothing left; invalid timeouts are refused.

    Also where workers end one after another, each within the timeout after the one before; amid
    signals; and in a thread.  The death of a worker is told before the end of the timeout.
    """
    seconds = 0.2
    n = shared_trials.terms(transport, "work")
    outcome = checks.nothing_left(
        harness.run_trial(
            transport, harness.call(timeouts.timed, n=n, seconds=seconds), limit=2 * timeouts.LATE
        )
    )
    if outcome.of("untimed"):
        pytest.skip("its run takes no timeout")
    calls = outcome.calls()
    checks.all_exact(call for call in calls if call["case"] == "ample")
    if not plain.unanswered(transport):  # else see C1
        checks.all_error((c for c in calls if c["case"] == "death"), or_exact=True, late=math.inf)
        checks.promptly(outcome)
    for call in calls:
        shown = f"{call['case']}: {call.get('error')} {call.get('text')} {call['seconds']:.2f} s"
        if call["case"] == "passed":
            assert "TimeoutError" in call.get("mro", []), shown
            assert limits.in_time(call, call["seconds"] - seconds), shown
        elif call["case"] == "bad":
            assert {"ValueError", "TypeError"} & set(call.get("mro", [])), shown
            assert call["forks"] == 0, shown


@pytest.mark.clause("D3")
def test_a_step_of_the_clock_neither_ends_a_run_nor_lets_it_wait(
    transport: str, stepped_clock: str, record_property: RecordProperty
) -> None:
    """D3: CLOCK_REALTIME, by an hour, either way; a slow worker, a death, and a timeout."""
    seconds = 0.3
    env = {"LD_PRELOAD": stepped_clock} if stepped_clock else {}
    scenario = harness.call(clocks.stepped, seconds=seconds)
    outcome = checks.finished(harness.run_trial(transport, scenario, env=env))
    how = "of all programs" if stepped_clock else "of Python alone (no C compiler)"
    for call in outcome.calls():
        shown = f"the clock {how}, stepped amid a run: {checks.summary(call)}"
        case, took = call["case"].split(",")[0], f"{call['seconds']:.2f} s until "
        if case == "slow":
            checks.exact(call, shown)
        elif case == "death" and not plain.unanswered(transport):  # else see C1
            assert harness.state(call) in ("error", "exact"), shown
            assert limits.in_time(call, call["seconds"]), took + shown
        elif case == "timeout" and harness.state(call) != "exact":
            # Exact is right too: a helper was stopped, and not needed any more.
            assert "TimeoutError" in call.get("mro", []), shown
            assert call["seconds"] >= seconds, took + shown
            assert limits.in_time(call, call["seconds"] - seconds), took + shown
    record_property("D3", f"stepped the clock {how}")


@pytest.mark.clause("D3")
def test_a_timeout_ends_a_run_that_still_forks_its_workers(
    transport: str, record_property: RecordProperty
) -> None:
    """D3: 0.15 s, and some fifty forks of 30 ms each; TimeoutError within a second after it."""
    workers = shared_trials.workers_to_fork(record_property, "D3")
    outcome = shared_trials.slow_forks_of(transport, workers)
    if checks.finished(outcome).of("untimed"):
        pytest.skip("its run takes no timeout")
    call = checks.ended_amid_forks(outcome, "timeout")
    assert "TimeoutError" in call.get("mro", []), checks.summary(call)


@pytest.mark.exhaustive
@pytest.mark.clause("D3")
def test_a_timeout_ends_a_run_of_five_hundred_workers(
    transport: str, record_property: RecordProperty
) -> None:
    """D3: of 0.3 s, while those compute that there are; TimeoutError at once."""
    workers = room.workers(record_property, "D3", wanted=500, least=100)
    outcome = shared_trials.crowds_of(transport, workers)
    if checks.finished(outcome).of("untimed"):
        pytest.skip("its run takes no timeout")
    checks.ended_in_a_crowd(outcome, "timeout", "TimeoutError")


@pytest.fixture(scope="session")
def slow(request: pytest.FixtureRequest) -> dict[str, harness.Outcome]:
    """Let a run of each transport under test wait for slow workers, all at the same time."""
    with limits.quiet_after(math.inf):
        return shared_trials.slow(shared_trials.asked(request, "slow"), seconds=60)


@pytest.mark.exhaustive
@pytest.mark.at_rest
@pytest.mark.clause("D3")
def test_a_slow_worker_is_waited_for(transport: str, slow: dict[str, harness.Outcome]) -> None:
    """D3: for a minute, which is longer than a limit that somebody has left in by mistake."""
    outcome = checks.finished(slow[transport])
    checks.all_exact(outcome.calls())
    assert outcome.calls()[0]["seconds"] > 60
