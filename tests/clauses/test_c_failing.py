"""C. Failing: the death of a worker is an error, at once, which names the worker."""

import signal

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import carried, checks, plain, shared_trials, striking
from tests.harness.shared_trials import DEADLY
from tests.harness.trouble import not_judged
from tests.scenarios import faults, raised, shapes


@pytest.mark.clause("C1")
def test_a_worker_killed_before_it_opens_its_end_is_an_error(
    transport: str, record_property: RecordProperty
) -> None:
    """C1: killed at birth, and at each call into C before its first send."""
    checks.errors_in_time(plain.deaths(transport), 3)
    if not harness.support(transport).forks:
        _struck_at_system_calls(transport, "before", record_property, "C1")
        return
    outcome = _swept(transport, "before", record_property, "C1")
    calls = checks.killed_at_points(outcome)
    checks.all_error(calls, or_exact=True)
    # A helper may die when the run does not need it any more. A worker is needed until its result
    # has come.
    survived = {c["where"].split(",")[0] for c in calls if harness.state(c) == "exact"}
    killed = {c["where"].split(",")[0] for c in calls}
    # Fewer children than workers are helpers, which start the workers.
    least = min(2, len(killed))
    assert len(killed - survived) >= least, f"exact in spite of the death of {sorted(survived)}"


def _swept(
    transport: str, stage: str, record_property: RecordProperty, clause: str
) -> harness.Outcome:
    """Return the outcome of kills at the calls into C of *stage*; note if some were left out."""
    outcome = checks.no_orphan(shared_trials.killed_at_c_calls(transport, stage))
    if note := checks.swept(outcome):
        record_property(clause, note)
    return outcome


def _struck_at_system_calls(
    transport: str,
    stage: str,
    record_property: RecordProperty,
    clause: str,
    workers: int = striking.WORKERS,
) -> None:
    """Judge a run whose worker is killed at a system call of *stage*, however it was started."""
    plain.needs_answered_deaths(transport)
    outcome = striking.sweep(transport, f"killed, {stage}", caller=False, workers=workers)
    striking.judge_sweep(transport, record_property, clause, outcome, striking.all_or_error)


@pytest.mark.clause("C1")
def test_the_death_of_a_worker_ends_a_run_that_still_forks_others(
    transport: str, record_property: RecordProperty
) -> None:
    """C1: the fifth of some fifty workers, whose forks take 30 ms each, is killed at its birth."""
    plain.needs_answered_deaths(transport)
    workers = shared_trials.workers_to_fork(record_property, "C1")
    outcome = shared_trials.slow_forks_of(transport, workers)
    call = checks.ended_amid_forks(outcome, "death")
    checks.all_error([call], or_exact=True, late=float("inf"))


@pytest.mark.clause("C2")
def test_a_worker_killed_before_it_sends_is_an_error(transport: str) -> None:
    """C2: killed amid its computation."""
    outcome = shared_trials.killed_of(transport, "work", [signal.SIGKILL], workers=3)
    checks.errors_in_time(outcome, 3)


@pytest.mark.parametrize(
    ("clause", "stage"),
    [
        pytest.param("C3", "inside", marks=pytest.mark.clause("C3"), id="C3-inside-a-send"),
        pytest.param("C4", "locked", marks=pytest.mark.clause("C4"), id="C4-holding-the-lock"),
        pytest.param("C5", "after", marks=pytest.mark.clause("C5"), id="C5-after-it-sent"),
        pytest.param("C6", "exit", marks=pytest.mark.clause("C6"), id="C6-while-it-exits"),
    ],
)
def test_a_worker_killed_at_a_call_into_c_is_an_error(
    transport: str, clause: str, stage: str, record_property: RecordProperty
) -> None:
    """C3-C6: or the exact result, if the worker's own result had come before it died.

    A worker that is not forked by the caller is killed at system calls: locks are not seen there.
    """
    if clause != "C4" and not harness.support(transport).forks:
        _struck_at_system_calls(transport, stage, record_property, clause)
        return
    outcome = _swept(transport, stage, record_property, clause)
    killed = checks.killed_at_points(outcome)
    if clause == "C4" and not killed:
        pytest.skip("takes no lock that the suite can see")
    checks.all_error(killed, or_exact=clause != "C4")


@pytest.mark.clause("C7")
def test_a_worker_that_exits_0_without_a_result_is_named(
    transport: str, record_property: RecordProperty
) -> None:
    """C7: the error has its pid and its exit code; at its birth, and amid its work."""
    for when in ("birth", "work"):
        outcome = shared_trials.killed(transport, when, "exit")
        if when == "work" and (why := checks.missed(outcome)):
            record_property("C7", f"judged at the birth of a worker alone: {why}")
            return
        checks.errors_in_time(outcome, 2)
        checks.names_victim(outcome)


@pytest.mark.clause("C8")
def test_the_exception_of_a_worker_is_carried_as_text(transport: str) -> None:
    """C8: and with the pid of the worker; of one of them, where two raise at once."""
    outcome = shared_trials.killed(transport, "work", "raise")
    checks.errors_in_time(outcome, 2)
    checks.names_victim(outcome)
    checks.names_victim(shared_trials.everybody_ended(transport), "raise")


@pytest.mark.clause("C8")
def test_an_exception_of_any_shape_is_an_error_that_names_the_worker(
    transport: str, record_property: RecordProperty
) -> None:
    """C8: of any class, with any text or none; none comes out of run in the worker."""
    _told(transport, record_property, shapes.SOME)


@pytest.mark.exhaustive
@pytest.mark.clause("C8")
def test_an_exception_of_every_class_with_every_text_is_an_error_that_names_the_worker(
    transport: str, record_property: RecordProperty
) -> None:
    """C8: each class with each text."""
    _told(transport, record_property, list(shapes.EVERY))


def _told(transport: str, record_property: RecordProperty, names: list[str]) -> None:
    """Fail unless a run tells of each of the shapes *names* that its worker raises."""
    n = shared_trials.terms(transport, "work")
    outcome = harness.run_trial(transport, harness.call(raised.raised, n=n, names=names), limit=60)
    if wrong := carried.faults(outcome):
        if outcome.verdict == "HANG":
            wrong.append(f"{outcome.of('called')[-1]['way']}: run did not return")
        count = len(outcome.of("injected"))
        head = f"{len(wrong)} of {count} exceptions that a worker raised were not told as due:\n"
        pytest.fail(head + "\n".join(wrong), pytrace=False)
    checks.no_orphan(outcome)
    if not outcome.of("injected"):
        pytest.skip("none of its workers computed for long enough to be met amid its work")
    record_property("C8", f"{len(outcome.of('injected'))} shapes of exceptions")


@pytest.mark.clause("C9")
def test_a_worker_that_dies_of_any_signal_is_named(transport: str) -> None:
    """C9: the error has its pid and the signal."""
    outcome = shared_trials.killed(transport, "birth", *DEADLY)
    checks.errors_in_time(outcome, 2)
    checks.names_victim(outcome)


@pytest.mark.clause("C10")
@pytest.mark.parametrize("several", [2, -1], ids=["two", "all"])
def test_workers_killed_at_once_are_an_error(transport: str, several: int) -> None:
    """C10: two of five, and all of them; at birth and amid their work."""
    for when in ("birth", "work"):
        how = [signal.SIGKILL] * 2
        outcome = shared_trials.killed_of(transport, when, how, workers=5, several=several)
        checks.errors_in_time(outcome, 1)


@pytest.mark.clause("C11")
def test_the_next_run_in_the_same_process_works(
    transport: str, record_property: RecordProperty
) -> None:
    """C11: after faults, the exact result; also after the death of all workers, amid their work.

    Also after a fault in the first run of a process, and where all workers have raised.
    """
    how: list[str | int] = [signal.SIGKILL, "exit", signal.SIGTERM]
    outcome = shared_trials.killed_of(transport, "birth", how, workers=2, again=True)
    if why := checks.missed(outcome):
        pytest.skip(why)
    if len(_exact_again(outcome)) < len(how) * 2:
        not_judged("see A5: runs started fewer processes than workers were asked for")
    if not plain.unanswered(transport):  # else see C1
        first = harness.call(faults.first_killed, workers=2)
        _exact_again(harness.run_trial(transport, first))
    everybody = shared_trials.everybody_ended(transport)
    if everybody.verdict == "HANG" and "again" not in everybody.of("called")[-1]:
        record_property("C11", "judged after the death of one worker alone: see C10")
    elif not checks.missed(everybody):
        _exact_again(everybody)


def _exact_again(outcome: harness.Outcome) -> list[harness.Message]:
    """Fail unless each run after a fault was exact; return these runs."""
    again = [call for call in checks.finished(outcome).calls() if "again" in call]
    checks.some_fault(again)
    checks.all_exact(again)
    return again


@pytest.mark.clause("C12")
def test_nobody_waits_for_the_dead(transport: str, record_property: RecordProperty) -> None:
    """C12: one of five workers dies, with the lock or amid a send, and four wait for it.

    Of workers that are not forked by the caller, one of three dies at a send, a system call.
    """
    if not harness.support(transport).forks:
        _struck_at_system_calls(transport, "while others wait", record_property, "C12", workers=3)
        return
    calls = checks.killed_at_points(
        checks.no_orphan(harness.run_trial(transport, harness.call(faults.queued, workers=5)))
    )
    # Death with the lock is always an error. A process that dies amid a send may be a helper.
    checks.all_error(calls, or_exact=not all(c["where"].startswith("locked") for c in calls))


@pytest.mark.clause("C13")
def test_a_fork_that_fails_is_an_oserror(transport: str) -> None:
    """C13: the k-th fork fails, for each k; workers that have started are ended and reaped.

    They rest by then, and are not waited for.  The next run is exact.
    """
    outcome = plain.nothing_more_left(
        transport, harness.run_trial(transport, harness.call(faults.unforked, workers=3))
    )
    calls = outcome.calls()
    failed = [call for call in calls if "again" not in call]
    if not failed:
        pytest.skip("does not call os.fork")
    checks.all_error(failed)
    for call in failed:
        assert "OSError" in call["mro"], checks.summary(call)
    checks.all_exact(call for call in calls if "again" in call)
