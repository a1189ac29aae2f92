"""Runs of a trial that the intruder attacks, and the process of the intruder."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.harness import Hang, Message, Trial
from tests.harness.worlds import Streams, World
from tests.system import processes
from tests.system.deadline import Deadline

NOTHING = "nothing"  # the way of a run that is not attacked
WITNESS = "witness"
_CALLER_STOPPED = (WITNESS, "forge")  # attacks for which it is stopped while its workers send
STREAM = "stream"  # the way of runs that are attacked while nobody stops their children

LIMIT = 6.0  # seconds that a run may take between two stops; clause G allows it to lose one

# Children of a run stop at nearly the same time. When none has stopped for this long, and it is not
# known how many there will be, those that have stopped are taken for all.
_ALL_STOPPED = 0.1  # seconds

# Workers may need the caller before they can exit: then it goes on after this.
_PAUSED = 0.5  # seconds

_ANSWER = 30.0  # seconds that the intruder may take to answer: ten times a flood of all kinds
_INTRUDER_END = 10.0  # seconds that the intruder may take to remove what it has planted
_STOP = 1.0  # seconds that a child may take to stop, after it has said that it stops next
_PAUSE = 0.0005  # seconds between two looks at it

_NOT_RUNNING = processes.STOPPED + processes.ENDED

_PROGRAM = ("-m", "tests.intruder")


class IntruderProcess:
    """The process of tests.intruder, and its latest report.

    spec: see `tests.intruder.__main__`.
    world: where it runs.
    program: the arguments of the interpreter that runs it.
    """

    def __init__(
        self, spec: dict[str, Any], world: World, program: Sequence[str] = _PROGRAM
    ) -> None:
        reader, requests = os.pipe()
        answers, writer = os.pipe()
        self._requests = open(requests, "wb", buffering=0)  # noqa: SIM115 - closed by `end`
        self._answers = open(answers, "rb")  # noqa: SIM115 - closed by `end`
        arguments = [sys.executable, *program, json.dumps(spec)]
        self.process = world.start(arguments, Streams(reader, writer, 2))
        os.close(reader)
        os.close(writer)
        self.report: Message = {"attempts": 0, "entered": [], "seen": [], "found": 0}

    def read_line(self) -> Message:
        """Return the next line that it writes."""
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        line = self._answers.readline() if poller.poll(_ANSWER * 1000) else b""
        if not line:
            raise RuntimeError("the intruder did not answer")
        answer: Message = json.loads(line)
        return answer

    def read_report(self) -> None:
        """Wait for its next report."""
        self.report = self.read_line()

    def ask(self, do: str, **more: Any) -> None:
        """Send a request, and wait for the report."""
        self.send(do, **more)
        self.read_report()

    def send(self, do: str, **more: Any) -> None:
        """Send a request."""
        self._requests.write(json.dumps({"do": do} | more).encode() + b"\n")

    def end(self) -> None:
        """Let it remove what it has planted, and end."""
        self._requests.close()
        try:
            self.process.wait(_INTRUDER_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._answers.close()


def _continue(world: World, pids: Sequence[int]) -> None:
    """Let stopped children go on."""
    for pid in pids:
        deadline = Deadline(_STOP)
        while world.state(pid) not in _NOT_RUNNING and not deadline.is_over():
            time.sleep(_PAUSE)
        with contextlib.suppress(ProcessLookupError):
            world.kill(pid, signal.SIGCONT)


def _made_by(trial: Trial) -> list[str]:
    """Return the paths that the trial has made itself in shared directories."""
    named = trial.outcome.of("named")
    return [os.path.join(entry["place"], entry["name"]) for entry in named if entry["made"]]


Stop = tuple[str, int]  # a stage, "birth" or "exit", and how many children have stopped there


class Runs:
    """Runs of a trial, one after the other, each attacked when its children have stopped."""

    def __init__(self, trial: Trial, intruder: IntruderProcess) -> None:
        self._trial = trial
        self._intruder = intruder
        self._usual_stops: list[Stop] = []  # those of the first run, which is not attacked
        self._born: set[int] = set()  # children of the run that goes on
        self._read = 0  # messages of the trial that were read
        self._paused = 0.0  # the time at which the caller was stopped; 0 for one that runs
        self._pause = 0.0  # seconds for which it was

    def run(self, way: str) -> tuple[Message, float]:
        """Let the trial run, attacked in *way*; return the outcome and the seconds it took."""
        attack, _, stage = way.partition(" at ")
        stops: list[Stop] = []
        took = 0.0
        self._read = len(self._trial.outcome.messages)
        self._pause = 0.0
        self._born = set()
        self._trial.tell({"way": way})
        resumed = time.monotonic()
        while True:
            expected = self._usual_stops[len(stops) : len(stops) + 1]
            outcome, stopped = self._wait(expected, way)
            if outcome is not None:
                if attack == NOTHING:
                    self._usual_stops = self._usual_stops or stops
                _continue(self._trial.world, list(stopped))  # nobody has waited for their end
                return outcome, took + outcome["at"] - resumed - self._pause
            took += time.monotonic() - resumed
            stops.append(_stop(stopped))
            if attack != NOTHING and stops[-1][0].startswith(stage):
                self._intruder.ask("attack", attacks=[attack], made=_made_by(self._trial))
            self._resume_caller()
            if attack in _CALLER_STOPPED and len(stops) == self._count_births():
                self._pause_caller()
            _continue(self._trial.world, list(stopped))
            resumed = time.monotonic()

    def _count_births(self) -> int:
        """Return how many of the stops of a run come before the first one at an exit."""
        stages = [stage for stage, _ in self._usual_stops]
        return stages.index("exit") if "exit" in stages else 0

    def _pause_caller(self) -> None:
        """Stop the caller: what its workers send is then still there when they exit."""
        self._trial.world.kill(self._trial.process.pid, signal.SIGSTOP)
        self._paused = time.monotonic()

    def _resume_caller(self) -> None:
        """Let the caller go on, if it was stopped."""
        if self._paused:
            self._trial.world.kill(self._trial.process.pid, signal.SIGCONT)
            self._pause += time.monotonic() - self._paused
            self._paused = 0.0

    def _wait(self, expected: list[Stop], way: str) -> tuple[Message | None, dict[int, str]]:
        """Wait for the outcome of a run, or until its children have stopped.

        Return the outcome or None, and the stages of the children that have stopped, by pid.

        expected: the stop that comes next, if it is known.
        """
        stopped: dict[int, str] = {}
        latest, deadline = time.monotonic(), Deadline(LIMIT)
        while True:
            self._trial.listen(0.01)
            messages = self._trial.outcome.messages[self._read :]
            self._read += len(messages)
            now = time.monotonic()
            for message in messages:
                latest = now
                if message["kind"] == "stopped" and self._is_of_an_earlier_run(message):
                    _continue(self._trial.world, [message["pid"]])
                elif message["kind"] == "stopped":
                    self._born.add(message["pid"])
                    stopped[message["pid"]] = message["stage"]
                elif message["kind"] == "outcome":
                    return message, stopped
            if stopped:
                if expected == [_stop(stopped)] or now - latest >= _ALL_STOPPED:
                    return None, stopped
            elif self._paused and now - self._paused >= _PAUSED:
                self._resume_caller()
            elif self._trial.process.poll() is not None or deadline.is_over():
                self._trial.waited = LIMIT * deadline.stretched
                raise Hang(f"attacked by {way!r}")

    def _is_of_an_earlier_run(self, stopped: Message) -> bool:
        """Tell whether a child that has stopped at its exit is of a run that is over.

        That run has not waited for the end of its children.
        """
        return stopped["stage"] != "birth" and stopped["pid"] not in self._born

    def has_made(self) -> bool:
        """Tell whether a run has made something with a name in a shared directory."""
        return bool(_made_by(self._trial))

    def stream(self, attacks: Sequence[str], seconds: float) -> list[Message]:
        """Let the trial run again and again, attacked all the while; return the outcomes."""
        before, streams = len(self._trial.outcome.calls()), len(self._trial.outcome.of("over"))
        self._trial.tell({"way": STREAM, "seconds": seconds})
        if attacks:
            made = _made_by(self._trial)
            self._intruder.send("attack_repeatedly", attacks=attacks, made=made, seconds=seconds)
        # Read the messages all the while: a full pipe would stop the trial.
        self._trial.expect("over", streams + 1, limit=seconds + LIMIT)
        if attacks:
            self._intruder.read_report()
        return self._trial.outcome.calls()[before:]


def _stop(stopped: dict[int, str]) -> Stop:
    return max(stopped.values()), len(stopped)
