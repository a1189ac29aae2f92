"""E. Undisturbed: a run changes nothing in its caller, whatever state the caller is in."""

import signal

import pytest

from tests import harness
from tests.harness import Message, Outcome, checks, plain, shared_trials
from tests.scenarios import surroundings


def _in_each_state(outcome: Outcome) -> list[Message]:
    """Fail unless each caller got its result or its error, and a run changed nothing in it."""
    checks.finished(outcome)
    assert not outcome.of("failed"), outcome.of("failed")
    checks.all_exact(call for call in outcome.calls() if "injected" not in call)
    checks.all_error((call for call in outcome.calls() if "injected" in call), or_exact=True)
    changes = outcome.of("changed")
    # What is left in the usual state too is a failure of clause B1, and not of this one.
    usual = {kind for m in changes if m["case"] == "as it is" for kind, *_ in m["new"]}
    for m in changes:
        left = [name for kind, name, *_ in m["new"] if kind not in usual]
        assert not m["what"], f"{m['case']}: changed by a run: {m['what']}"
        assert not left, f"{m['case']}: left by a run: {left}"
    return changes


@pytest.mark.clause("E1")
def test_processes_and_threads_at_once_get_each_its_own_result(transport: str) -> None:
    """E1: eight processes, then four threads of one process, with three runs each."""
    outcome = checks.finished(
        harness.run_trial(transport, harness.call(surroundings.crowd, processes=8, threads=4))
    )
    checks.all_exact(outcome.calls())
    assert len(outcome.calls()) == 3 * (8 + 4)


@pytest.mark.clause("E2")
def test_signal_handlers_mask_and_timers_are_left_alone(transport: str) -> None:
    """E2: in seven settings, one with SIGCHLD ignored; after a result and after an error."""
    plain.needs_answered_deaths(transport)
    assert (
        len(_in_each_state(harness.run_trial(transport, harness.call(surroundings.signalled)))) == 7
    )


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
    """E4: descriptors closed or many, no directory, any umask, an odd TMPDIR, another thread."""
    plain.needs_answered_deaths(transport)
    outcome = harness.run_trial(transport, harness.call(surroundings.placed))
    assert len(_in_each_state(outcome)) >= 11
    assert any(call.get("case") == "thread" for call in outcome.calls())


@pytest.mark.clause("E5")
def test_what_is_buffered_is_written_once_and_clean_up_is_done_once(transport: str) -> None:
    """E5: stdout, C's stdout, a file; atexit, finally, weakref.finalize: not in a worker."""
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
    for text in ("[python]", "[c]", "[file]"):
        count = printed["text"].count(text)
        assert count == 1, f"{text} was written {count} times: {printed['text']!r}"
    (done,) = outcome.of("done")
    cleaned = [
        (message["what"], message["pid"] == done["pid"]) for message in outcome.of("cleaned")
    ]
    assert sorted(cleaned) == [("atexit", True), ("finalize", True), ("finally", True)]


@pytest.mark.clause("E6")
def test_nothing_of_the_caller_changes_and_nothing_is_printed(transport: str) -> None:
    """E6: umask, directory, environment, limits, random state; warnings are errors."""
    plain.needs_answered_deaths(transport)
    outcome = checks.not_disturbed(harness.run_trial(transport, harness.call(surroundings.quiet)))
    assert len(_in_each_state(outcome)) == 1


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


def _each_case_ended(outcome: Outcome) -> None:
    failed = [f"{message['case']}: {message['error']}" for message in outcome.of("failed")]
    assert not failed, failed
