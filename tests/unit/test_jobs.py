"""What is said of a signal to a whole process group, `tests.harness.jobs`; of stray signals."""

import os
import signal
from typing import Any

import pytest

import kernel
from tests.harness import jobs
from tests.harness.outcome import Message, Outcome
from tests.scenarios.protocol import Log
from tests.scenarios.signals_sent import SignalsSent

EXACT = kernel.combine([kernel.partial_sum(0, 10)])


def _seen(name: str, call: dict[str, Any] | None, *others: Message, **struck: Any) -> Outcome:
    """Return a trial in which *name* was sent amid the work."""
    usual = {
        "kind": "struck", "case": name, "signal": name, "amid": True, "status": 0,
        "stopped": name == "SIGTSTP", "left": [], "text": "",
    }  # fmt: skip
    of_call = {"kind": "outcome", "case": name, "n": "10", "workers": "2", "pid": 7, "at": 1.0}
    calls = [of_call | call] if call is not None else []
    return Outcome(messages=[*calls, *others, usual | struck])


INTERRUPT = {"error": "KeyboardInterrupt", "exception": False, "text": ""}
OTHER = {"error": "RuntimeError", "exception": True, "text": "a worker has failed"}
FINE = {"value": EXACT, "type": "float"}
AGAIN = {"kind": "interrupted", "pid": 7}


@pytest.mark.parametrize(
    "seen",
    [
        _seen("SIGINT", INTERRUPT),
        _seen("SIGINT", FINE, amid=False),
        _seen("SIGINT", None, AGAIN, amid=False),
        _seen("SIGTERM", None, status=-15),
        _seen("SIGQUIT", FINE, amid=False),
        _seen("SIGTSTP", FINE),
        _seen("SIGTSTP", FINE, amid=False, stopped=False),
        _seen("SIGWINCH", FINE),
    ],
)
def test_the_usual_effect_is_right(seen: Outcome) -> None:
    """A key that was typed at a random moment may come after the run."""
    assert jobs.faults(seen) == []


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        (
            _seen("SIGINT", OTHER),
            "no KeyboardInterrupt: run raised RuntimeError: a worker has failed",
        ),
        (_seen("SIGINT", INTERRUPT, AGAIN), "a second KeyboardInterrupt came after the first one"),
        (_seen("SIGINT", INTERRUPT, text="Traceback"), "9 characters were printed: 'Traceback'"),
        (_seen("SIGHUP", OTHER), "the caller ended with 0: -1 was due; run raised RuntimeError"),
        (_seen("SIGTSTP", FINE, stopped=False), "the caller was not stopped"),
        (_seen("SIGTSTP", OTHER), "run raised RuntimeError: a worker has failed: it was to go on"),
        (_seen("SIGTERM", None, status=-15, left=[8]), "1 processes lived on"),
        (_seen("SIGQUIT", None, status=None), "the caller did not end"),
        (_seen("SIGINT", INTERRUPT, {"kind": "failed", "case": "SIGINT", "error": "E"}), "E"),
    ],
)
def test_another_effect_is_said(seen: Outcome, due: str) -> None:
    """In a line that begins with the signal."""
    (line,) = jobs.faults(seen)
    assert line.startswith(f"{seen.of('struck')[0]['case']}: ")
    assert due in line


class _Kept(Log):
    """A log that keeps the reasons."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.reasons: list[str] = []

    def __call__(self, kind: str, **facts: Any) -> None:
        self.reasons.append(facts["why"])


def test_a_signal_to_a_free_pid_or_a_group_is_logged() -> None:
    """And none to a child, a zombie too; nor a look whether there is a process."""
    log = _Kept()
    hook = SignalsSent(log)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    for event, to in (("os.kill", child), ("os.kill", os.getpid()), ("os.killpg", child)):
        hook(event, (to, signal.SIGTERM))
    assert not log.reasons
    os.waitpid(child, 0)
    hook("os.kill", (child, 0))
    assert not log.reasons
    hook("os.kill", (child, signal.SIGKILL))
    hook("os.killpg", (os.getpgrp(), signal.SIGTERM))
    hook("os.kill", (0, signal.SIGTERM))
    hook("os.kill", (-1, signal.SIGTERM))
    assert [reason.split(",")[0] for reason in log.reasons] == [
        f"to pid {child}",
        "to its own process group",
        "to its own process group",
        "to every process that it may signal",
    ]
