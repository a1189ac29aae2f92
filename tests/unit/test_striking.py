"""What is said of a run in which something befell a process, `tests.harness.striking`."""

from typing import Any

import pytest

import kernel
from tests.harness import plain, striking
from tests.harness.outcome import Message, Outcome

FINE = {"value": kernel.combine([kernel.partial_sum(0, 10)]), "type": "float"}
WRONG = FINE | {"value": 3.0}
KILLED = "worker 1 (pid 12) was killed by SIGKILL"
DEATH = {"error": "WorkerError", "exception": True, "mro": ["RuntimeError"], "text": KILLED}
FULL = {"error": "OSError", "exception": True, "mro": ["OSError"], "text": "no space"}
INTERRUPT = {"error": "KeyboardInterrupt", "exception": False, "mro": [], "text": ""}


def _seen(order: str, call: dict[str, Any] | None, **more: Any) -> Message:
    """Return a message of a run in which *order* was followed."""
    outcome = {"n": "10", "workers": "2"} | call if call is not None else {}
    usual = {
        "kind": "strike", "order": order, "times": 1, "where": "child 2, write #1", "status": 0,
        "victims": [12], "outcome": outcome, "stuck": [], "proven": True, "late": 0.01,
        "interrupted": False, "left": [], "inside": [],
        "what": order.split()[1].partition("*")[0], "of_caller": "=0:" in order,
    }  # fmt: skip
    return usual | more


KILL, TERM, INT = (f"eldest {name}*1=2:write:0" for name in ("SIGKILL", "SIGTERM", "SIGINT"))
OF_CALLER = "eldest ENOSPC*0=0:openat:0"
AGAIN = "eldest EINTR*3=0:read:0"
STUCK = ["child 2 waits in read"]


@pytest.mark.parametrize(
    ("judge", "message", "due"),
    [
        (striking.all_or_error, _seen(KILL, FINE), ""),
        (striking.all_or_error, _seen(KILL, DEATH), ""),
        (striking.all_or_error, _seen(KILL, WRONG), "WRONG: returned 3.0"),
        (striking.all_or_error, _seen(KILL, INTERRUPT), "WRONG: raised KeyboardInterrupt"),
        (striking.all_or_error, _seen(KILL, DEATH, late=1.5), "HANG: 1.5 s until WorkerError"),
        (striking.all_or_error, _seen(KILL, DEATH | {"slowed": 2.0}, late=1.5), ""),
        (striking.all_or_error, _seen(KILL, None, status=1), "CRASH: the caller ended with 1"),
        (
            striking.all_or_error,
            _seen(KILL, None, status=None, stuck=STUCK),
            "HANG: they wait for ever: child 2 waits in read",
        ),
        (striking.names_the_killed, _seen(KILL, FINE), ""),
        (striking.names_the_killed, _seen(KILL, DEATH), ""),
        (striking.names_the_killed, _seen(KILL, DEATH, victims=[13]), "none of the pids [13]"),
        (
            striking.names_the_killed,
            _seen(KILL, DEATH | {"text": "pid 12 is gone"}),
            "none of ['SIGKILL', '9']",
        ),
        (striking.end_of_the_caller, _seen(KILL, None, status=-9), ""),
        (striking.end_of_the_caller, _seen(TERM, None, status=-15), ""),
        (striking.end_of_the_caller, _seen(TERM, None, status=-9), ""),
        (striking.end_of_the_caller, _seen(TERM, FINE), "DISTURBED: SIGTERM did not end"),
        (striking.end_of_the_caller, _seen(TERM, None, status=3), "CRASH: the caller ended with 3"),
        (striking.end_of_the_caller, _seen(INT, INTERRUPT), ""),
        (striking.end_of_the_caller, _seen(INT, FINE, interrupted=True), ""),
        (striking.end_of_the_caller, _seen(INT, FINE), "DISTURBED: no KeyboardInterrupt"),
        (striking.refusal, _seen(OF_CALLER, FULL), ""),
        (striking.refusal, _seen(OF_CALLER, FINE), ""),
        (striking.refusal, _seen(OF_CALLER, DEATH), "WRONG: no OSError, but WorkerError"),
        (striking.refusal, _seen("eldest ENOSPC*1=2:openat:0", DEATH), ""),
        (striking.refusal, _seen(AGAIN, FINE), ""),
        (striking.refusal, _seen(AGAIN, FULL), "WRONG: it was to call again"),
        (striking.left(Outcome()), _seen(KILL, DEATH), ""),
        (striking.left(Outcome()), _seen(KILL, DEATH, stuck=STUCK), "ORPHAN: they wait for ever"),
        (
            striking.left(Outcome()),
            _seen(KILL, DEATH, inside=[["descriptor", "5 -> pipe", "", None]]),
            "LEAK: in the caller, descriptor 5 -> pipe",
        ),
        (
            striking.left(Outcome()),
            _seen(KILL, None, status=-9, left=[["System V", "msg id 3", "", None]]),
            "LEAK: System V msg id 3",
        ),
    ],
)
def test_the_end_of_a_run_is_judged(judge: striking.Judge, message: Message, due: str) -> None:
    """By what befell it; "" where it has ended as it has to."""
    found = judge(message)
    assert found.startswith(due) if due else not found, found


def test_a_failure_has_the_point_its_story_and_how_to_come_there_again() -> None:
    """And all points are counted."""
    wrong, fine = _seen(KILL, WRONG, times=2), _seen(KILL, DEATH, times=30)
    story = {"kind": "story", "order": KILL, "lines": ["child 2: write 5"]}
    tried = {"kind": "strikes", "case": "killed", "all": 40, "tried": 33, "reached": 32}
    outcome = Outcome(messages=[fine, wrong, story, tried])
    noted: list[tuple[str, object]] = []

    def note(clause: str, text: object) -> None:
        noted.append((clause, text))

    with pytest.raises(pytest.fail.Exception) as failed:
        striking.judged(outcome, note, "A3", striking.all_or_error)
    lines = str(failed.value).splitlines()
    assert lines[0] == "2 of 32 points:"
    assert lines[1].startswith("WRONG: returned 3.0")
    assert lines[2:] == [
        f"  at child 2, write #1 ({KILL})",
        f"What happened in {KILL!r}:",
        "child 2: write 5",
        f"This order again: --order={KILL!r}",
    ]
    assert noted == [("A3", "32 points, 33 of 40 were tried")]
    striking.judged(Outcome(messages=[fine, tried]), note, "A3", striking.all_or_error)


@pytest.mark.parametrize(
    ("clause", "outcome", "due"),
    [
        ("F1", pytest.skip.Exception, "not judged: see C1: HANG: they wait for ever"),
        ("C9", pytest.fail.Exception, "as C1: HANG: they wait for ever"),
        ("C1", pytest.fail.Exception, "1 of 1 points"),
    ],
)
def test_a_caller_that_waits_for_the_dead_is_told_by_c1(
    monkeypatch: pytest.MonkeyPatch, clause: str, outcome: type[BaseException], due: str
) -> None:
    """Also where a refusal has ended the worker."""
    monkeypatch.setattr(plain, "unanswered", lambda target: "it hangs")
    monkeypatch.setattr(plain, "leaves", lambda target: False)
    seen = Outcome(messages=[_seen("eldest ENOSPC*1=2:openat:0", None, stuck=STUCK, status=None)])
    with pytest.raises(outcome, match=due):
        striking.judge_sweep("any", lambda clause, text: None, clause, seen, striking.refusal)


@pytest.mark.parametrize("call", [WRONG, DEATH, None])
def test_nothing_is_judged_where_a_run_is_not_exact_by_itself(call: dict[str, Any] | None) -> None:
    """That is for A1 to tell."""
    outcome = {"n": "10", "workers": "2"} | call if call is not None else {}
    alone = {"kind": "order", "order": "eldest", "outcome": outcome, "times": 1}
    with pytest.raises(pytest.skip.Exception, match="see A1: a run that nothing befell"):
        striking.judged(
            Outcome(messages=[alone, _seen(KILL, WRONG)]),
            lambda clause, text: None,
            "A3",
            striking.all_or_error,
        )
