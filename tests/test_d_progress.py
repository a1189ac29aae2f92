"""D. Progress: no deadlock, and no busy wait."""

import contextlib
import os
import signal
import time

import pytest

from tests import judge, lab


@pytest.mark.clause("D1")
def test_more_workers_than_a_queue_holds_do_not_deadlock(transport: str) -> None:
    """D1: the caller is stopped while 600 workers send all that the channel takes.

    A POSIX queue holds 10 messages, a System V queue 16384 bytes, a listener its backlog.
    """
    workers = 600

    def hold(subject: lab.Subject) -> None:
        subject.expect("born", workers - 100, limit=30)
        os.kill(subject.process.pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(subject.process.pid, signal.SIGCONT)

    outcome = lab.trial(transport, "crowded", n=6000, workers=workers, act=hold, limit=30)
    judge.all_exact(judge.clean(outcome).calls())


@pytest.mark.clause("D2")
def test_the_caller_sleeps_while_it_waits(transport: str) -> None:
    """D2: less than 50 ms of CPU in 2 s, and woken no more often than there are events.

    A wait that asks at an interval of its own, be it 100 ms, wakes twenty times in 2 s.
    """

    def hold(subject: lab.Subject) -> None:
        (births,) = subject.expect("births")
        subject.expect("born", 2)
        with contextlib.suppress(lab.Hang):  # a helper may be ended before it can tell
            subject.expect("born", births["count"], limit=0.5)
        time.sleep(2)
        for child in subject.outcome.of("born"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child["pid"], signal.SIGCONT)

    outcome = judge.clean(lab.trial(transport, "stopped", n=100, workers=2, act=hold))
    judge.all_exact(outcome.calls())
    (waited,) = outcome.of("waited")
    assert waited["cpu"] < 0.05, f"{waited['cpu']:.3f} s of CPU in a wait of 2 s"
    assert waited["wakes"] < 18, f"woken {waited['wakes']} times in a wait of 2 s"
