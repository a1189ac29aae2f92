"""Fault injection at each system call that one process of a run makes: one run for each point.

The process, the caller or a child at its birth, stops itself.  strace attaches to it and, at the
K-th call of a name, delivers a signal or lets the call fail (strace(1), "Tampering").  K counts
the calls of that name by that process alone.  A first run, traced and left alone, gives the names.
"""

import contextlib
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.harness import limits
from tests.harness.outcome import Hang, Message, state
from tests.harness.tracer import attach
from tests.harness.trial import Left, Trial
from tests.harness.worlds import Process
from tests.scenarios import fork_server
from tests.scenarios.protocol import call
from tests.system.call_errors import RETRIED, errors_of
from tests.system.resources import Resource

LIMIT = 10.0  # seconds: a point that takes longer is a HANG
PATIENCE = 2.0  # seconds that processes and objects may outlive a killed caller: clause B3
ENOUGH = 5  # wrong points that end a sweep: each leak costs PATIENCE seconds

# Signals whose default action ends a process, and which no terminal sends: of users, of timers, of
# limits, of broken pipes, of input and output, and of the real-time range (signal(7)).
GROUP_SIGNALS = ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGXCPU", "SIGIO", "SIGRTMIN")

# Random signals come until somewhat after the usual end of a run: some runs take longer.
_UNTIL_RUNS = 1.2

_CALL = re.compile(r"^(\w+)\((?:\d+<([^>]*)>)?")  # the name, and its descriptor (strace -y)
_END = re.compile(r"^kill\(\d+, 0\)")  # the end of `run`: see tests.scenarios.fork_server


@dataclass(frozen=True)
class Point:
    """Where and how a fault is injected.

    who: the process: 0 for the caller, or the number of a child.
    call, count: at which system call, and at which of its calls of that name.
    fault: the name of a signal, or of an errno with the number of calls that fail.
    """

    who: int
    call: str
    count: int
    fault: str

    def __str__(self) -> str:
        who = f"child {self.who}" if self.who else "the caller"
        return f"{who}, {self.call} #{self.count}: {self.fault}"


@dataclass
class Sweep:
    """What a sweep has shown.

    traced: the number of system calls that were seen.
    verdicts: how many points had each verdict.
    wrong: a line for each point that was neither OK nor an ERROR.
    """

    traced: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, point: Point, verdict: str, why: str) -> None:
        """Count the verdict of a point that was reached."""
        if verdict:
            self.verdicts[verdict] += 1
        if verdict not in ("", "OK", "ERROR"):
            self.wrong.append(f"{verdict}: {point}: {why}")

    def __iadd__(self, other: "Sweep") -> Self:
        self.traced += other.traced
        self.verdicts += other.verdicts
        self.wrong += other.wrong
        return self

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        return f"{self.verdicts.total()} points" + (f": {counts}" if counts else "")


class ForkServer:
    """A running `tests.scenarios.fork_server`, which forks a caller for each point of a sweep."""

    def __init__(self, target: str, n: int, workers: int) -> None:
        self._trial = Trial(target, call(fork_server.serve, n, workers))
        self._log = str(self._trial.private[2].parent / "trace")  # where no inventory sees it
        Path(self._log).touch()
        self.traced = 0

    def __enter__(self) -> Self:
        self._trial.__enter__()
        (births,) = self._trial.expect("births")
        self.children: int = births["count"]
        self.seconds: float = births["seconds"]
        self._before = self._trial.inventory()
        return self

    def __exit__(self, *details: object) -> None:
        self._trial.__exit__(*details)

    def _run(
        self,
        who: int,
        *expressions: str,
        stop: bool,
        kill: int,
        delay: float,
        group: bool = False,
        amid: int = 0,
    ) -> Message:
        """Let a caller run once; return its messages by kind, in one dict.

        The keywords are those of `tests.scenarios.fork_server.serve`.
        """
        messages = self._trial.outcome.messages
        messages.clear()
        os.truncate(self._log, 0)  # the trace of the run before
        request = {"who": who, "stop": stop, "kill": kill, "delay": delay}
        self._trial.tell(request | {"group": group, "amid": amid})
        tracer: Process | None = None
        try:
            # A helper of the transport may be ended before it stops itself. Then the run ends, and
            # no message "stopped" comes.
            stopped = self._trial.expect("stopped ended", limit=LIMIT)[0] if stop else None
            if stopped is not None and stopped["kind"] == "stopped":
                while (now := self._trial.world.state(stopped["pid"])) not in "TZX":
                    time.sleep(0.0002)
                # A helper may also be ended while it is stopped. Then there is nothing to trace.
                if now == "T":
                    tracer = attach(self._trial.world, stopped["pid"], self._log, *expressions)
                with contextlib.suppress(ProcessLookupError):
                    self._trial.world.kill(stopped["pid"], signal.SIGCONT)
                if tracer is not None and not who:
                    self._detach(tracer)
            (ended,) = self._trial.expect("ended", limit=LIMIT)
        except Hang as hang:
            self._trial.kill_survivors()
            if tracer is not None:
                tracer.kill()
            self._trial.expect("ended", limit=LIMIT)
            ended = {"hang": str(hang)}
        finally:
            if tracer is not None:
                tracer.wait()
        for message in list(messages):
            ended |= {message["kind"]: message}
        return ended

    def _detach(self, tracer: Process) -> None:
        """Detach *tracer* from the caller once it has come back from `run`, if it comes back.

        After that the caller looks for what `run` has left, in which no call may fail.
        """
        returned = self._trial.expect("returned ended", limit=LIMIT)[0]
        if returned["kind"] == "returned":
            with contextlib.suppress(ProcessLookupError):
                self._trial.world.kill(tracer.pid, signal.SIGTERM)  # then strace detaches
            tracer.wait()
            self._trial.world.kill(returned["pid"], signal.SIGUSR1)

    def trace(self, who: int) -> list[tuple[str, str]]:
        """Return (name, target of its descriptor) of each system call that a run makes.

        Two runs are traced: a call that only one of them makes counts too.
        """
        calls: Counter[tuple[str, int]] = Counter()
        found: list[tuple[str, str]] = []
        for _ in range(2):
            self._run(who, stop=True, kill=0, delay=0.0)
            seen: Counter[str] = Counter()
            for line in Path(self._log).read_text().splitlines():
                match = _CALL.match(line)
                if match is None:
                    continue
                name, target = match.group(1), match.group(2) or ""
                if _END.match(line) and not who:
                    break
                seen[name] += 1
                if not calls[name, seen[name]]:
                    calls[name, seen[name]] += 1
                    found.append((name, target.split(":")[0]))
        self.traced += len(found)
        return found

    def inject(self, point: Point, expression: str) -> tuple[str, str]:
        """Inject the fault at *point*, by the *expression* for strace; return verdict and reason.

        The verdict is "" if the run did not reach the point.
        """
        ended = self._run(point.who, expression, stop=True, kill=0, delay=0.0)
        text = Path(self._log).read_text()
        fired = "(INJECTED" in text or re.search(rf"(---|killed by) {point.fault}\b", text)
        if "hang" not in ended and not fired:
            return "", ""
        return self._verdict(point, ended)

    def kill_after(self, point: Point, delay: float) -> tuple[str, str]:
        """Send the caller a signal *delay* seconds after it calls `run`; return verdict, reason."""
        number = int(signal.Signals[point.fault])
        return self._verdict(point, self._run(0, stop=False, kill=number, delay=delay))

    def strike_group(self, point: Point, delay: float, amid: int = 0) -> tuple[str, str]:
        """Send a signal to the whole group of the caller; return verdict, reason.

        delay: seconds after it calls `run`.
        amid: terms of a longer run, in which the signal comes when all workers are amid their work.
        """
        number = int(signal.Signals[point.fault])
        run = self._run(0, stop=False, kill=number, delay=delay, group=True, amid=amid)
        return self._verdict(point, run)

    def _verdict(self, point: Point, ended: Message) -> tuple[str, str]:
        """Return the verdict of a point that was reached, and the reason."""
        if "hang" in ended:
            return "HANG", ended["hang"]
        if "failed" in ended:
            return "CRASH", ended["failed"]["error"]
        if "strayed" in ended:
            return "DISTURBED", "a worker came back into the caller's code"
        verdict, why = _verdict_of_call(point, ended)
        deadline = limits.Deadline(PATIENCE)
        while (left := self._trial.left(self._before)) and not deadline.is_over():
            time.sleep(0.002)
        new = ended.get("inside", {}).get("new", [])
        left += [Left("LEAK", f"in the caller, {Resource(*entry)}", False) for entry in new]
        if left:
            self._trial.kill_survivors()
            self._before = self._trial.inventory()
            verdict, why = left[0].verdict, "; ".join(found.what for found in left)
        return verdict, why


def _verdict_of_call(point: Point, ended: Message) -> tuple[str, str]:
    """Return OK, ERROR or what is wrong with the end of the caller or with its call; and why."""
    status, call = ended["status"], ended.get("outcome")
    if point.who == 0 and point.fault.startswith("SIG") and point.fault != "SIGINT":
        deadly = -int(signal.Signals[point.fault])
        # `run` may have ended before the signal. SIGKILL comes after a signal that has no effect.
        if status in (deadly, -signal.SIGKILL) or call:
            return "OK", ""
        return "CRASH", f"the caller ended with {status}, not {deadly}"
    if status or (call is None and "interrupted" not in ended):
        return "CRASH", f"the caller ended with {status}"
    if point.who == 0 and point.fault == "SIGINT":
        if "interrupted" in ended or (call and call.get("error") == "KeyboardInterrupt"):
            return "OK", ""
        if call and call["at"] < ended.get("sent", {"at": 0.0})["at"]:
            return "", ""  # the signal came after the end of `run`
        return "DISTURBED", f"no KeyboardInterrupt, but {call and state(call)}"
    assert call
    outcome = state(call)
    shown = f"{call['error']}: {call['text']}" if "error" in call else outcome
    if not limits.in_time(call, call["seconds"]):
        return "HANG", f"{call['seconds']:.1f} s until {shown}"
    if outcome == "exact":
        return "OK", ""
    if outcome != "error":
        return "WRONG", shown
    if point.fault.split()[0] in RETRIED:
        return "WRONG", f"it was to call again, but {shown}"
    if point.who == 0 and not {"OSError", "MemoryError"} & set(call["mro"]):
        return "WRONG", f"no OSError, but {shown}"
    return "ERROR", ""


def _faults(name: str, target: str, count: int) -> Iterator[tuple[str, str]]:
    """Yield (fault, when) for call number *count* of *name*, on a descriptor of *target*.

    when: which calls of that name fail, in the syntax of strace.
    """
    for errno in errors_of(name, target):
        yield errno, f"{count}"
        if errno in RETRIED:  # a call that fails so for ever would be repeated for ever
            yield f"{errno} thrice", f"{count}..{count + 2}"
        else:
            yield f"{errno} from then on", f"{count}+"


def _numbered(calls: list[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Yield (name, target, count) of each call: the how-many-th of its name it is."""
    seen: Counter[str] = Counter()
    for name, target in calls:
        seen[name] += 1
        yield name, target, seen[name]


def kill_points(server: ForkServer, who: int) -> Iterator[tuple[Point, str]]:
    """Yield each point at which to end *who*, and the expression for strace."""
    for name, _, count in _numbered(server.trace(who)):
        for sent in ("SIGKILL",) if who else ("SIGKILL", "SIGTERM", "SIGINT"):
            yield Point(who, name, count, sent), f"inject={name}:signal={sent}:when={count}"


def fault_points(server: ForkServer, who: int) -> Iterator[tuple[Point, str]]:
    """Yield each point at which to let a call of *who* fail, and the expression for strace."""
    for name, target, count in _numbered(server.trace(who)):
        for fault, when in _faults(name, target, count):
            errno = fault.split()[0]
            yield Point(who, name, count, fault), f"inject={name}:error={errno}:when={when}"


def sweep(server: ForkServer, points: Iterable[tuple[Point, str]]) -> Sweep:
    """Inject a fault at each of *points*."""
    seen, traced = Sweep(), server.traced
    for point, expression in points:  # the first of them is found by a trace
        seen.note(point, *server.inject(point, expression))
        if len(seen.wrong) == ENOUGH:
            break
    seen.traced = server.traced - traced
    return seen


def random_kills(server: ForkServer, signals: Sequence[str], times: int, seed: int) -> Sweep:
    """Send the caller each of *signals* at *times* moments of a run, drawn from *seed*."""
    seen, draw = Sweep(), random.Random(seed)
    for number in range(times):
        for name in signals:
            delay = draw.uniform(0.0, _UNTIL_RUNS * server.seconds)
            point = Point(0, f"after {delay * 1e3:.2f} ms", number, name)
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
        point = Point(0, where, number, name)
        seen.note(point, *server.strike_group(point, delay, terms))
        if len(seen.wrong) >= ENOUGH:
            break
    return seen
