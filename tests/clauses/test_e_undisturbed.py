"""E. Undisturbed: a run changes nothing in its caller, whatever state the caller is in."""

import signal
from collections import Counter

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Message, Outcome, checks, ordering, plain, shared_trials
from tests.scenarios import bystanders, kept_settings, odd_callers, odd_places, surroundings

# What there is to clean up in the scenario `surroundings.buffered`.
_CLEANED = (
    "atexit", "finally", "weakref.finalize",
    "__del__ of garbage", "callback of a reference to garbage", "finally of a garbage generator",
)  # fmt: skip


def _in_each_state(transport: str, outcome: Outcome) -> list[Message]:
    """Fail unless each caller got its result or its error, and nothing is left in one alone."""
    checks.finished(outcome)
    assert not outcome.of("failed"), outcome.of("failed")
    checks.all_exact(call for call in outcome.calls() if "injected" not in call)
    checks.all_error((call for call in outcome.calls() if "injected" in call), or_exact=True)
    return _left_in_none_alone(transport, outcome.of("changed"))


def _left_in_none_alone(transport: str, states: list[Message]) -> list[Message]:
    """Fail if a run has left something in one state, and not in the usual one; return *states*."""
    # What is left in the usual state too is a failure of clause B1, and not of this one.
    usual = {kind for m in states if m["case"] == "as it is" for kind, *_ in m["new"]}
    for m in states:
        left = [name for kind, name, *_ in m["new"] if kind not in usual]
        assert not left or plain.leaves(transport), f"{m['case']}: left by a run: {left}"
    return states


def _unchanged(states: list[Message]) -> None:
    """Fail if a run has changed a setting of its caller; say which, and in which state."""
    found: dict[str, list[str]] = {}
    for m in states:
        for what in m["what"]:
            found.setdefault(what, []).append(m["case"])
    lines = [
        what + (f" (in the state: {', '.join(cases)})" if len(cases) < len(states) else "")
        for what, cases in found.items()
    ]
    if lines:
        pytest.fail("changed in the caller:\n" + "\n".join(lines), pytrace=False)


@pytest.mark.clause("E1")
def test_processes_and_threads_at_once_get_each_its_own_result(transport: str) -> None:
    """E1: eight processes, forked after a run, then four threads of one, with three runs each."""
    forks = harness.support(transport).forks
    scenario = harness.call(bystanders.crowd, processes=8, threads=4, forks=forks)
    outcome = checks.finished(harness.run_trial(transport, scenario))
    assert not outcome.of("failed"), outcome.of("failed")
    checks.all_exact(outcome.calls())
    assert len(outcome.calls()) == 3 * (8 + 4)


@pytest.mark.clause("E1")
def test_a_run_amid_each_system_call_of_another_thread_disturbs_neither(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """E1: a thread is held at each call of its run until another one is amid a second run."""
    outcome = shared_trials.in_two_threads(transport, order)
    checks.all_exact(outcome.calls())
    ordering.sound(ordering.gated(outcome, record_property, "E1"))


@pytest.mark.clause("E2")
def test_signal_handlers_mask_and_timers_are_left_alone(transport: str) -> None:
    """E2: in eight settings, as SIGCHLD ignored, or signals pending; after a result or error."""
    plain.needs_answered_deaths(transport)
    outcome = harness.run_trial(transport, harness.call(kept_settings.signalled))
    states = _in_each_state(transport, outcome)
    assert len(states) == 8
    _unchanged(states)


@pytest.mark.clause("E3")
def test_children_of_the_caller_are_neither_reaped_nor_signalled(transport: str) -> None:
    """E3: a zombie that exited with 7, a child that lives, and one that is stopped."""
    plain.needs_answered_deaths(transport)
    outcome = checks.finished(harness.run_trial(transport, harness.call(surroundings.parental)))
    checks.all_exact(call for call in outcome.calls() if "injected" not in call)
    (children,) = outcome.of("children")
    dead, alive, stopped = children["states"]
    assert dead.endswith(" 7"), f"a child that exited with 7: {dead}"
    assert alive == "alive", f"a child that lived: {alive}"
    assert stopped.endswith(" 19"), f"a child that was stopped: {stopped}"


@pytest.mark.clause("E3")
def test_no_signal_is_sent_to_what_is_no_process_of_the_run(transport: str) -> None:
    """E3: in runs that nobody disturbs, and after the deaths of C1 and C7."""
    trials = [plain.calm(transport), plain.deaths(transport)]
    trials += [shared_trials.killed(transport, when, "exit") for when in ("birth", "work")]
    forks = harness.support(transport).forks
    # A launcher has children of its own, whose pids become free without the caller's knowledge.
    sent = [seen for trial in trials for seen in trial.of("signalled") if forks or seen["to"] <= 0]
    names = (f"{signal.Signals(seen['number']).name} was sent {seen['why']}" for seen in sent)
    if lines := list(dict.fromkeys(names)):
        pytest.fail("\n".join(lines[:10]), pytrace=False)


@pytest.mark.clause("E4")
def test_the_caller_may_be_in_any_place(transport: str) -> None:
    """E4: descriptors closed or many, no directory, any umask, odd or no TMPDIR, another thread."""
    plain.needs_answered_deaths(transport)
    outcome = harness.run_trial(transport, harness.call(odd_places.placed))
    assert len(_right_in_each(outcome)) >= 12
    assert len(_left_in_none_alone(transport, outcome.of("changed"))) >= 11
    assert any(call.get("case") == "thread" for call in outcome.calls())


@pytest.mark.clause("E4")
def test_the_caller_may_be_of_any_kind(transport: str, record_property: RecordProperty) -> None:
    """E4: pid 1, subreaper, daemonic, in an event loop, no streams, other defaults, reaped for."""
    plain.needs_answered_deaths(transport)
    forks = harness.support(transport).forks
    outcome = harness.run_trial(transport, harness.call(odd_callers.of_all_kinds, forks=forks))
    assert len(_right_in_each(outcome)) >= 14
    _left_in_none_alone(transport, outcome.of("changed"))
    for message in outcome.of("refused"):
        record_property("E4", f"no caller that is {message['case']}: {message['reason']}")


def _right_in_each(outcome: Outcome) -> set[str]:
    """Fail unless each caller got its result or, after a fault, an error; return their names.

    Where others reap the workers, the exit status that says how one ended may be lost, so an
    error is right there too.
    """
    checks.finished(outcome)
    assert not outcome.of("failed"), outcome.of("failed")
    calls = outcome.calls()
    sure = [call for call in calls if not {"injected", "way"} & call.keys()]
    checks.all_exact(sure)
    checks.all_error((call for call in calls if call not in sure), or_exact=True)
    return {call["case"] for call in calls}


@pytest.mark.clause("E5")
def test_what_is_buffered_is_written_once_and_clean_up_is_done_once(transport: str) -> None:
    """E5: stdout, stderr, C's stdout, a file, a log; atexit, finally, finalizers, garbage.

    No worker writes the one, or does the other.
    """
    plain.needs_answered_deaths(transport)
    n = shared_trials.terms(transport, "work")
    outcome = checks.not_disturbed(
        harness.run_trial(transport, harness.call(surroundings.buffered, n=n))
    )
    checks.some_exact(outcome)
    checks.all_error(
        (call for call in outcome.calls() if "injected" in call), or_exact=True, late=float("inf")
    )
    (printed,) = outcome.of("printed")
    for text in ("[python]", "[stderr]", "[c]", "[file]", "[logging]"):
        count = printed["text"].count(text)
        assert count == 1, f"{text} was written {count} times: {printed['text']!r}"
    (done,) = outcome.of("done")
    cleaned = Counter((m["what"], m["pid"] == done["pid"]) for m in outcome.of("cleaned"))
    for what in _CLEANED:
        by_caller, by_workers = cleaned[what, True], cleaned[what, False]
        assert not by_workers, f"workers did clean-up of the caller's {by_workers} times: {what}"
        assert by_caller == 1, f"the caller's clean-up was done {by_caller} times by it: {what}"


@pytest.mark.clause("E6")
def test_nothing_of_the_caller_changes_and_nothing_is_printed(transport: str) -> None:
    """E6: all that kernel and standard library tell, from before the first run on.

    Its settings have the usual values, and others; its standard input is a terminal or a file.
    """
    plain.needs_answered_deaths(transport)
    outcome = checks.not_disturbed(harness.run_trial(transport, harness.call(kept_settings.quiet)))
    states = _in_each_state(transport, outcome)
    assert len(states) == 3
    _unchanged(states)


@pytest.mark.clause("E6")
def test_nothing_of_the_caller_changes_for_a_while(
    transport: str, record_property: RecordProperty
) -> None:
    """E6: its other threads see umask and directory as they are: they hold for all of them."""
    outcome = ordering.gated(shared_trials.in_orders(transport, None), record_property, "E6")
    (changes,) = outcome.of("changes")
    if calls := changes["calls"]:
        pytest.fail(
            f"the caller calls {', '.join(calls)}(2): its other threads have that too until it is"
            " put back",
            pytrace=False,
        )


@pytest.mark.clause("E7")
def test_run_may_be_called_where_another_run_is_under_way(transport: str) -> None:
    """E7: in a forked child, in a handler, with another thread too, in a finalizer."""
    outcome = checks.finished(shared_trials.nested_runs(transport))
    _each_case_ended(outcome)
    checks.all_exact(outcome.calls())
    missed = [message["case"] for message in outcome.of("nested") if not message["count"]]
    if missed:
        pytest.skip(f"no run came within another one: {', '.join(missed)}")


@pytest.mark.clause("E8")
def test_a_child_that_the_caller_forks_meanwhile_leaves_the_run_alone(transport: str) -> None:
    """E8: it lives on; it ends at once; it leaves run by an exception, in a handler."""
    outcome = checks.finished(shared_trials.forked_meanwhile(transport))
    _each_case_ended(outcome)
    checks.all_exact(outcome.calls())


@pytest.mark.clause("E8")
def test_children_that_hold_what_a_run_opens_hold_up_neither_run_nor_death(transport: str) -> None:
    """E8: one is forked at each new descriptor, of two runs and of one in which a worker dies."""
    plain.needs_answered_deaths(transport)
    outcome = checks.finished(harness.run_trial(transport, harness.call(bystanders.held)))
    _each_case_ended(outcome)
    checks.all_exact(call for call in outcome.calls() if "injected" not in call)
    checks.all_error((call for call in outcome.calls() if "injected" in call), or_exact=True)


def _each_case_ended(outcome: Outcome) -> None:
    failed = [f"{message['case']}: {message['error']}" for message in outcome.of("failed")]
    assert not failed, failed
