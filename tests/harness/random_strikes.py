"""Signals to a caller, or to its whole process group, at random moments of a run.

One run for each: `tests.scenarios.fork_server` forks a caller for it.
"""

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from tests.harness.outcome import Hang, Message, state
from tests.harness.trial import Left, Trial
from tests.scenarios import fork_server
from tests.scenarios.protocol import call
from tests.system.deadline import Deadline
from tests.system.resources import Resource

LIMIT = 10.0  # seconds: a point that takes longer is a HANG
PATIENCE = 2.0  # seconds that processes and objects may outlive a killed caller: clause B3
ENOUGH = 2  # wrong points that end a sweep: each leak costs PATIENCE seconds

# Signals whose default action ends a process, and which no terminal sends: of users, of timers, of
# limits, of broken pipes, of input and output, and of the real-time range (signal(7)).
GROUP_SIGNALS = ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGXCPU", "SIGIO", "SIGRTMIN")

# Random signals come until somewhat after the usual end of a run: some runs take longer.
_UNTIL_RUNS = 1.2


@dataclass(frozen=True)
class Point:
    """When the caller gets a signal.

    where: at which moment of a run.
    number: of the run.
    signal: its name.
    """

    where: str
    number: int
    signal: str

    def __str__(self) -> str:
        return f"{self.signal} {self.where}, #{self.number}"


@dataclass
class Sweep:
    """What signals have shown.

    verdicts: how many points had each verdict.
    wrong: a line for each point that was not OK.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, point: Point, verdict: str, why: str) -> None:
        """Count the verdict of a point that was reached."""
        if verdict:
            self.verdicts[verdict] += 1
        if verdict not in ("", "OK"):
            self.wrong.append(f"{verdict}: {point}: {why}")

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        return f"{self.verdicts.total()} points" + (f": {counts}" if counts else "")


class ForkServer:
    """A running `tests.scenarios.fork_server`, which forks a caller for each point of a sweep."""

    def __init__(self, target: str, n: int, workers: int) -> None:
        self._trial = Trial(target, call(fork_server.serve, n, workers))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._trial)
            (births,) = self._trial.expect("births")
            self.seconds: float = births["seconds"]
            self._before = self._trial.inventory()
            stack.pop_all()  # its end is that of this context
        return self

    def __exit__(self, *details: object) -> None:
        self._trial.__exit__(*details)

    def _run(self, point: Point, delay: float, *, group: bool = False, amid: int = 0) -> Message:
        """Let a caller run once; return its messages by kind, in one dict.

        The keywords are those of `tests.scenarios.fork_server.serve`.
        """
        messages = self._trial.outcome.messages
        messages.clear()
        number = int(signal.Signals[point.signal])
        self._trial.tell({"kill": number, "delay": delay, "group": group, "amid": amid})
        try:
            (ended,) = self._trial.expect("ended", limit=LIMIT)
        except Hang as hang:
            self._trial.kill_survivors()
            self._trial.expect("ended", limit=LIMIT)
            ended = {"hang": str(hang)}
        for message in list(messages):
            ended |= {message["kind"]: message}
        return ended

    def kill_after(self, point: Point, delay: float) -> tuple[str, str]:
        """Send the caller a signal *delay* seconds after it calls `run`; return verdict, reason."""
        return self._verdict(point, self._run(point, delay))

    def strike_group(self, point: Point, delay: float, amid: int = 0) -> tuple[str, str]:
        """Send a signal to the whole group of the caller; return verdict, reason.

        delay: seconds after it calls `run`.
        amid: terms of a longer run, in which the signal comes when all workers are amid their work.
        """
        return self._verdict(point, self._run(point, delay, group=True, amid=amid))

    def _verdict(self, point: Point, ended: Message) -> tuple[str, str]:
        """Return the verdict of a point that was reached, and the reason."""
        if "hang" in ended:
            return "HANG", ended["hang"]
        if "failed" in ended:
            return "CRASH", ended["failed"]["error"]
        if "strayed" in ended:
            return "DISTURBED", "a worker came back into the caller's code"
        verdict, why = _verdict_of_call(point, ended)
        deadline = Deadline(PATIENCE)
        while (left := self._trial.left(self._before)) and not deadline.is_over():
            time.sleep(0.002)
        # A caller that outlives the others has ended its run before: that run is for clause B1.
        new = ended.get("inside", {}).get("new", []) if point.signal == "SIGINT" else []
        left += [Left("LEAK", f"in the caller, {Resource(*entry)}", False) for entry in new]
        if left:
            self._trial.kill_survivors()
            self._before = self._trial.inventory()
            verdict, why = left[0].verdict, "; ".join(found.what for found in left)
        return verdict, why


def _verdict_of_call(point: Point, ended: Message) -> tuple[str, str]:
    """Return OK or what is wrong with the end of the caller or with its call; and why."""
    status, call = ended["status"], ended.get("outcome")
    if point.signal != "SIGINT":
        deadly = -int(signal.Signals[point.signal])
        # `run` may have ended before the signal. SIGKILL comes after a signal that has no effect.
        if status in (deadly, -signal.SIGKILL) or call:
            return "OK", ""
        return "CRASH", f"the caller ended with {status}, not {deadly}"
    if status or (call is None and "interrupted" not in ended):
        return "CRASH", f"the caller ended with {status}"
    if "interrupted" in ended or (call and call.get("error") == "KeyboardInterrupt"):
        return "OK", ""
    if call and call["at"] < ended.get("sent", {"at": 0.0})["at"]:
        return "", ""  # the signal came after the end of `run`
    return "DISTURBED", f"no KeyboardInterrupt, but {call and state(call)}"


def random_kills(server: ForkServer, signals: Sequence[str], times: int, seed: int) -> Sweep:
    """Send the caller each of *signals* at *times* moments of a run, drawn from *seed*."""
    seen, draw = Sweep(), random.Random(seed)
    for number in range(times):
        for name in signals:
            delay = draw.uniform(0.0, _UNTIL_RUNS * server.seconds)
            point = Point(f"after {delay * 1e3:.2f} ms", number, name)
            seen.note(point, *server.kill_after(point, delay))
        if len(seen.wrong) >= ENOUGH:
            break
    return seen


def group_strikes(server: ForkServer, amid: int, times: int, seed: int) -> Sweep:
    """Send each of GROUP_SIGNALS to the group of the caller amid the work, and at random moments.

    amid: terms of the run that is struck amid its work, or 0 where its workers cannot be met there.
    times: how many random moments, drawn from *seed*.
    """
    draw = random.Random(seed)
    names = [name for name in GROUP_SIGNALS if hasattr(signal, name)]
    strikes = [(name, "amid the work", 0.0, amid) for name in names if amid]
    for number in range(times):
        delay = draw.uniform(0.0, _UNTIL_RUNS * server.seconds)
        strikes.append((names[number % len(names)], f"after {delay * 1e3:.2f} ms", delay, 0))
    seen = Sweep()
    for number, (name, where, delay, terms) in enumerate(strikes):
        point = Point(where, number, name)
        seen.note(point, *server.strike_group(point, delay, terms))
        if len(seen.wrong) >= ENOUGH:
            break
    return seen
