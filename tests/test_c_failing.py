"""C. Failing: a worker that dies is an error, at once, and names it."""

import signal

import pytest

from tests import judge, lab

ENDLESS = 10**9  # terms: the fault comes long before a slice is summed
DEADLY = [
    signal.Signals[name]
    for name in [
        "SIGABRT",
        "SIGALRM",
        "SIGBUS",
        "SIGFPE",
        "SIGHUP",
        "SIGILL",
        "SIGKILL",
        "SIGQUIT",
        "SIGSEGV",
        "SIGTERM",
        "SIGTRAP",
        "SIGUSR1",
        "SIGUSR2",
        "SIGXCPU",
    ]
]


@pytest.mark.clause("C1")
def test_a_worker_killed_before_it_opens_its_end_is_an_error(transport: str) -> None:
    """C1: killed at birth, and at each call into C before its first send."""
    outcome = lab.trial(transport, "struck", how=[signal.SIGKILL], when="birth", n=30, workers=3)
    judge.faulted(outcome, 3)
    outcome = judge.clean(lab.trial(transport, "swept", stage="before", workers=2))
    judge.all_error(outcome.calls(), or_exact=True)
    # A helper's death may come too late to matter: it is ended with the run. A worker's may not.
    survived = {c["where"].split(",")[0] for c in outcome.calls() if lab.state(c) == "exact"}
    struck = {c["where"].split(",")[0] for c in outcome.calls()}
    assert len(struck - survived) >= 2, f"exact in spite of the death of {sorted(survived)}"


@pytest.mark.clause("C2")
def test_a_worker_killed_before_it_sends_is_an_error(transport: str) -> None:
    """C2: killed amid its computation."""
    outcome = lab.trial(
        transport, "struck", how=[signal.SIGKILL], when="work", n=ENDLESS, workers=3
    )
    judge.faulted(outcome, 3)


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
    transport: str, clause: str, stage: str
) -> None:
    """C3-C6: or the exact result, where its own was in before it died."""
    outcome = judge.clean(lab.trial(transport, "swept", stage=stage, workers=2, limit=40))
    struck = [call for call in outcome.calls() if "where" in call]
    if clause == "C4" and not struck:
        pytest.skip("takes no lock that the profile shows")
    judge.all_error(struck, or_exact=clause != "C4")


@pytest.mark.clause("C7")
def test_a_worker_that_exits_0_without_a_result_is_named(transport: str) -> None:
    """C7: by its pid and its exit code."""
    for when, n in (("birth", 1000), ("work", ENDLESS)):
        outcome = lab.trial(transport, "struck", how=["exit"], when=when, n=n, workers=2)
        judge.faulted(outcome, 2)
        judge.blames(outcome)


@pytest.mark.clause("C8")
def test_the_exception_of_a_worker_is_carried_as_text(transport: str) -> None:
    """C8: with the pid of the worker."""
    outcome = lab.trial(transport, "struck", how=["raise"], when="work", n=ENDLESS, workers=2)
    judge.faulted(outcome, 2)
    judge.blames(outcome)


@pytest.mark.clause("C9")
def test_a_worker_that_dies_of_any_signal_is_named(transport: str) -> None:
    """C9: by its pid and the signal."""
    outcome = lab.trial(transport, "struck", how=DEADLY, when="birth", n=20, workers=2)
    judge.faulted(outcome, 2)
    judge.blames(outcome)


@pytest.mark.clause("C10")
@pytest.mark.parametrize("several", [2, -1], ids=["two", "all"])
def test_workers_killed_at_once_are_an_error(transport: str, several: int) -> None:
    """C10: two of five, and all of them; at birth and amid their work."""
    for when, n in (("birth", 1000), ("work", ENDLESS)):
        outcome = lab.trial(
            transport,
            "struck",
            how=[signal.SIGKILL] * 2,
            when=when,
            n=n,
            workers=5,
            several=several,
        )
        judge.faulted(outcome, 1)
        judge.blames(outcome)


@pytest.mark.clause("C11")
def test_the_next_run_in_the_same_process_works(transport: str) -> None:
    """C11: after faults, the exact result."""
    ways = [signal.SIGKILL, "exit", signal.SIGTERM]
    for way in ways:
        outcome = lab.trial(
            transport, "struck", how=[way], when="birth", n=30, workers=2, again=True
        )
        judge.all_exact(call for call in judge.clean(outcome).calls() if "again" in call)
