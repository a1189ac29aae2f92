"""B. Clean: nothing of a run is left, and nothing of others is removed."""

import time

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import (
    checks,
    jobs,
    limits,
    named_runs,
    names,
    ordering,
    plain,
    random_strikes,
    room,
    shared_trials,
)
from tests.harness.trouble import Inexact, not_judged
from tests.scenarios import basics, foreign_objects, handled, held, own_children, storms, terminal

_MANY = 10  # runs of which each has added an object: by chance, one of them adds none


@pytest.mark.clause("B1")
def test_nothing_is_left_after_a_return(transport: str) -> None:
    """B1: no descriptor, child, thread, timer, file, queue, semaphore, segment."""
    checks.some_exact(checks.nothing_left(plain.calm(transport)))


@pytest.mark.clause("B1")
def test_no_process_lives_on_in_any_order_of_system_calls(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """B1: in none of the orders of A6 does a process wait for ever after a return."""
    outcome = ordering.gated(shared_trials.in_orders(transport, order), record_property, "B1")
    ordering.nothing_lives(outcome)


@pytest.mark.clause("B1")
def test_nothing_grows_in_300_runs(transport: str) -> None:
    """B1: after 300 runs there is nothing that was not there after three; memory within 4 MiB."""
    outcome, _ = shared_trials.three_hundred(transport)
    checks.some_exact(checks.nothing_left(outcome))
    (seen,) = outcome.of("repeated")
    assert seen["grown"] < 4 << 20, f"{seen['grown']} bytes more than after three runs"
    # An object that each run leaves, such as a function that atexit keeps, has a block at least.
    open_ = seen["descriptors"]
    assert open_ < seen["times"], f"{open_} descriptors are open until the collector runs"
    more = seen["blocks"]
    assert more < seen["times"], f"{more} blocks of Python objects more after {seen['times']} runs"


@pytest.mark.clause("B1")
@pytest.mark.parametrize(
    ("when", "how"),
    [("birth", ("exit",)), ("birth", shared_trials.DEADLY), ("work", ("raise",))],
    ids=["exit", "signals", "raise"],
)
def test_nothing_is_left_after_an_exception(
    transport: str, when: str, how: tuple[str | int, ...]
) -> None:
    """B1: nor after an error; one look after all of the errors, and no object for each of many."""
    clause = {"exit": "C7", "raise": "C8"}.get(str(how[0]), "C9")
    outcome = shared_trials.killed(transport, when, *how)
    _nothing_left(transport, outcome, clause)
    for kept in outcome.of("kept"):
        runs, more = kept["runs"], kept["blocks"]
        assert runs < _MANY or more < 1, (
            f"{more} blocks of Python objects more in each of {runs} runs that erred"
        )


@pytest.mark.clause("B1")
@pytest.mark.parametrize("stage", shared_trials.STAGES)
def test_nothing_is_left_after_a_kill_at_a_call_into_c(transport: str, stage: str) -> None:
    """B1: whatever the worker did at that moment."""
    clause = dict(zip(shared_trials.STAGES, ("C1", "C3", "C4", "C5", "C6"), strict=True))[stage]
    _nothing_left(transport, shared_trials.killed_at_c_calls(transport, stage), clause)


@pytest.mark.clause("B1")
def test_nothing_is_left_after_runs_within_runs(transport: str) -> None:
    """B1: in a forked child, a handler, a finalizer."""
    _nothing_left(transport, shared_trials.nested_runs(transport), "E7")


@pytest.mark.clause("B1")
def test_nothing_is_left_where_the_caller_forks_meanwhile(transport: str) -> None:
    """B1: nor in the caller of a run from which a child of the caller's own has come."""
    _nothing_left(transport, shared_trials.forked_meanwhile(transport), "E8")


def _nothing_left(transport: str, outcome: harness.Outcome, clause: str) -> None:
    """Fail if something is left; a trial that did not end is for *clause* to judge."""
    if outcome.verdict == "HANG" and clause.startswith("C"):
        plain.needs_answered_deaths(transport)
    if outcome.verdict in ("HANG", "CRASH"):
        not_judged(f"{outcome.verdict}, which is for {clause} to tell")
    checks.nothing_left(outcome)


@pytest.mark.clause("B2")
def test_nothing_is_left_when_the_caller_is_interrupted(transport: str) -> None:
    """B2: SIGINT and SIGTERM at random moments of a run; each still has its usual effect."""
    _kill_the_caller_at_random(transport, "SIGINT", "SIGTERM")


@pytest.mark.clause("B2")
def test_a_signal_of_the_terminal_to_the_whole_group_has_its_usual_effect(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: SIGINT, SIGQUIT, SIGTSTP and SIGCONT, SIGHUP, SIGTERM, SIGWINCH; nothing is printed."""
    # Long enough that a tick of the system's timer meets each worker, also on a busy machine, where
    # it gets the processor only for short moments. When it is met, it rests.
    n = harness.quarter_of_a_second(transport) // 2
    scenario = harness.call(terminal.struck, n=n, times=6, seed=7)
    outcome = harness.run_trial(transport, scenario, limit=40)
    if wrong := jobs.faults(outcome):
        if len(inexact := jobs.inexact(outcome)) == len(wrong):
            raise Inexact("\n".join(wrong), inexact)
        pytest.fail("\n".join(wrong), pytrace=False)
    checks.nothing_left(outcome)
    struck = outcome.of("struck")
    how = "typed at a terminal" if struck[0]["typed"] else "sent to the process group"
    record_property("B2", f"{len(struck)} signals {how}")


@pytest.mark.clause("B2")
def test_nothing_is_left_when_a_handler_raises_again_and_again(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: by an interval timer, each 0.05 to 5 ms, from any moment of a run on."""
    _storm(record_property, transport, strikes=120, seconds=15)


@pytest.mark.exhaustive
@pytest.mark.clause("B2")
def test_nothing_is_left_when_a_handler_raises_ten_thousand_times(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: the same storm for longer."""
    _storm(record_property, transport, strikes=10_000, seconds=400)


def _storm(record_property: RecordProperty, transport: str, strikes: int, seconds: float) -> None:
    scenario = harness.call(storms.raised, strikes=strikes, seconds=seconds, seed=3)
    outcome = harness.run_trial(transport, scenario, limit=seconds + 30)
    stormed = checks.storm_weathered(outcome)
    record_property("B2", f"{stormed['strikes']} exceptions of a handler in {stormed['runs']} runs")


@pytest.mark.clause("B2")
def test_an_exception_of_a_handler_ends_a_run_at_once(transport: str) -> None:
    """B2: in a second, where the caller handles, ignores or blocks the other signals; or not."""
    # A quarter of a second: a worker rests amid its work, however long that is; and what a run has
    # left computes to its end, in each of four runs.
    n = shared_trials.terms(transport, "work") // 8
    outcome = checks.no_orphan(harness.run_trial(transport, harness.call(handled.ended, n=n)))
    if why := checks.missed(outcome):
        pytest.skip(why)
    struck = {message["way"]: message["at"] for message in outcome.of("interrupts")}
    for call in outcome.calls():
        way, shown = call["way"], f"other signals {call['way']}: {checks.summary(call)}"
        if way in struck:
            late = call["at"] - struck[way]
            assert call.get("error") == "Stop", shown
            assert limits.in_time(call, late), f"{late:.1f} s after the exception; {shown}"


@pytest.mark.clause("B2")
def test_an_interrupt_ends_a_run_that_still_forks_its_workers(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: SIGINT at the fifth of some fifty forks, of 30 ms each; KeyboardInterrupt in a second."""
    workers = shared_trials.workers_to_fork(record_property, "B2")
    outcome = shared_trials.slow_forks_of(transport, workers)
    call = checks.ended_amid_forks(outcome, "SIGINT")
    assert call.get("error") == "KeyboardInterrupt", checks.summary(call)
    checks.nothing_inside(outcome, "SIGINT")


@pytest.mark.exhaustive
@pytest.mark.clause("B2")
def test_an_interrupt_ends_a_run_of_five_hundred_workers(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: after 0.3 s, while those compute that there are; KeyboardInterrupt at once."""
    workers = room.workers(record_property, "B2", wanted=500, least=100)
    outcome = shared_trials.crowds_of(transport, workers)
    checks.ended_in_a_crowd(outcome, "SIGINT", "KeyboardInterrupt")


@pytest.mark.clause("B3")
def test_nothing_is_left_when_the_caller_is_killed_at_random(transport: str) -> None:
    """B3: SIGKILL at random moments of a run."""
    _kill_the_caller_at_random(transport, "SIGKILL")


def _kill_the_caller_at_random(transport: str, *signals: str) -> None:
    with random_strikes.ForkServer(transport, 100, 3) as server:
        checks.no_point_wrong(random_strikes.random_kills(server, signals, times=8, seed=2))


@pytest.mark.clause("B3")
def test_nothing_is_left_when_the_caller_is_killed(transport: str) -> None:
    """B3: SIGKILL amid the work; after 2 s no worker lives, and no object is left."""
    kill_the_caller(transport, {})


def kill_the_caller(module: str, env: dict[str, str]) -> None:
    """Kill the caller of a long run, and check what is left."""
    # Without the kill, the workers would go on for much longer than the 2 s that they have.
    n = 10 * shared_trials.terms(module, "work")
    with harness.Trial(module, harness.call(basics.crowded, n=n, workers=3), env) as trial:
        shared_trials.await_workers(trial, module, 3)
        time.sleep(0.05)
        trial.process.kill()
        checks.nothing_left(trial.finish(5, patience=2))


@pytest.mark.clause("B3")
def test_nothing_is_left_when_the_caller_is_killed_while_its_workers_begin(transport: str) -> None:
    """B3: each is held at its birth, or at another of its first calls into C, and then goes on."""
    n = shared_trials.terms(transport, "work")
    scenario = harness.call(held.held_early, n=n, most=12)
    with harness.Trial(transport, scenario) as trial:
        for births in trial.expect("births"):
            shared_trials.await_held(trial, births["count"])
        trial.process.kill()
        trial.process.wait()  # so that it is dead when they go on
        shared_trials.let_end(trial, 2)
        checks.nothing_left(trial.finish(5, patience=2))


@pytest.mark.clause("B3")
def test_nothing_is_left_of_a_killed_caller_whose_own_child_lives_on(transport: str) -> None:
    """B3: another thread has forked that child amid the run, so it holds all its descriptors."""
    n = shared_trials.terms(transport, "work")
    with harness.Trial(transport, harness.call(own_children.accompanied, n=n, workers=3)) as trial:
        trial.hear_out("foreign")
        shared_trials.await_workers(trial, transport, 3)
        trial.process.kill()
        checks.nothing_left(trial.finish(5, patience=2))


@pytest.mark.clause("B3")
def test_nothing_is_left_when_a_signal_ends_the_whole_process_group(transport: str) -> None:
    """B3: SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGXCPU, SIGIO, SIGRTMIN; amid the work, at random.

    None of them is sent by a terminal; batch systems, watchdogs and `kill 0` in scripts send them.
    """
    said = harness.support(transport)
    amid = shared_trials.terms(transport, "work") if said.forks and said.births else 0
    with random_strikes.ForkServer(transport, 100, 2) as server:
        checks.no_point_wrong(random_strikes.group_strikes(server, amid, times=6, seed=5))


@pytest.mark.clause("B4")
def test_objects_of_others_neither_break_a_run_nor_are_removed(transport: str) -> None:
    """B4: files, FIFOs, sockets, links, queues, segments, semaphores, ports of likely names."""
    outcome = checks.nothing_left(
        harness.run_trial(transport, harness.call(foreign_objects.likely_names))
    )
    checks.all_exact(outcome.calls())
    (placed,) = outcome.of("placed")
    assert placed["count"] > 50, f"only {placed['count']} objects could be created"
    assert not placed["lost"], f"not as it was: {placed['lost'][:10]}"


@pytest.mark.clause("B4")
def test_objects_of_others_with_names_like_its_own_are_left_alone(
    transport: str, record_property: RecordProperty
) -> None:
    """B4: of the same kind at the same place: the beginning of the name is that of its own."""
    seen = [outcome.messages for outcome in named_runs.undisturbed(transport)]
    objects = [
        [found.what, "" if found.place == named_runs.TEMPORARY else found.place, found.name]
        for found in names.resembling(seen)
    ]
    if not objects:
        pytest.skip("nothing appears under a name")
    outcome = harness.run_trial(
        transport, harness.call(foreign_objects.resembling, objects=objects)
    )
    (placed,) = checks.nothing_left(outcome).of("placed")
    checks.all_exact(outcome.calls())
    assert not placed["lost"], f"not as it was: {placed['lost'][:10]}"
    record_property("B4", f"{placed['count']} objects with names like its own")
