"""Attacks: the intruder, another process, attacks what a running transport lets it find.

Each child of a run stops at its birth and before its exit, and goes on when the intruder has
attacked all that it finds.  The time that this takes does not count for the run.
"""

import contextlib
import json
import os
import pwd
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness import Hang, Message, Outcome, Trial, call, limits, run_trial, state
from tests.harness.apart import divide
from tests.harness.places import base_directory
from tests.harness.worlds import Streams, World
from tests.scenarios import exposure
from tests.system import processes
from tests.system.files import own_directory
from tests.system.objects import kind_of

NOTHING = "nothing"  # the way of a run that is not attacked
WITNESS = "witness"  # the attack for which the caller is stopped while its workers send
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

_TERMS = 300  # of the series, in each run: enough for each worker, and soon done

# A pid in a name is guessed: the pids of the next processes are close to the caller's.
_PID_GUESSES = 60

_NOBODY = 65534  # the uid of nobody, where the system has no user of that name

_NOT_RUNNING = processes.STOPPED + processes.ENDED

_SHOWN = 20  # bytes of each file that is there instead, in the report
_CANARY = b"sings"  # in the file that nobody may change

_PROGRAM = ("-m", "tests.intruder")


@dataclass
class AttackedRun:
    """A run that was attacked.

    way: the attack; with " at exit" behind it, only children that are about to exit were stopped
        for it.
    call: the outcome of the run; None for a hang.
    lost: how many seconds longer it took than a run that is not attacked.
    """

    way: str
    call: Message | None
    lost: float = 0.0
    attempts: int = 0

    @property
    def result(self) -> str:
        """How the run ended: "exact", "error", or what is wrong with it."""
        return "a hang" if self.call is None else state(self.call)


@dataclass
class Intrusion:
    """All runs of a transport that were attacked, and what the intruder reports.

    seen: what it has found, the first of each trial; found: how many that were in all.
    entered: what the system allowed it to do, as "ACTION KIND NAME".
    marked: whether the marker exists, so that bytes were run as code.
    followed: what has changed of the canary, to which planted links lead.
    left: what was left in the temporary directory.
    reaches: whether the intruder can enter the temporary directory.
    """

    runs: list[AttackedRun] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    found: int = 0
    entered: list[str] = field(default_factory=list)
    attempts: int = 0
    marked: bool = False
    followed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reaches: bool = True

    def of(self, *attacks: str) -> list[AttackedRun]:
        """Return the runs that were attacked by one of *attacks*, at whichever stage."""
        return [run for run in self.runs if run.way.split()[0] in attacks]


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
        until = time.monotonic() + _STOP
        while world.state(pid) not in _NOT_RUNNING and time.monotonic() < until:
            time.sleep(_PAUSE)
        with contextlib.suppress(ProcessLookupError):
            world.kill(pid, signal.SIGCONT)


def _made(trial: Trial) -> list[str]:
    """Return the paths that the trial has made itself in shared directories."""
    named = trial.outcome.of("named")
    return [os.path.join(entry["place"], entry["name"]) for entry in named if entry["made"]]


def _start_intruder(trial: Trial, spec: dict[str, Any]) -> IntruderProcess:
    """Start the intruder for a trial, in the world of the trial."""
    private, shared = divide([*spec["private"], *map(str, trial.private)])
    places = {"private": private, "shared": shared, "alone": not shared}
    return IntruderProcess(spec | {"session": trial.process.pid} | places, trial.world)


Stop = tuple[str, int]  # a stage, "birth" or "exit", and how many children have stopped there


class _Runs:
    """Runs of a trial, one after the other, each attacked when its children have stopped."""

    def __init__(self, trial: Trial, intruder: IntruderProcess) -> None:
        self._trial = trial
        self._intruder = intruder
        self._usual_stops: list[Stop] = []  # those of the first run, which is not attacked
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
        self._trial.tell({"way": way})
        resumed = time.monotonic()
        while True:
            expected = self._usual_stops[len(stops) : len(stops) + 1]
            outcome, stopped = self._wait(expected, way)
            if outcome is not None:
                if attack == NOTHING:
                    self._usual_stops = self._usual_stops or stops
                return outcome, took + outcome["at"] - resumed - self._pause
            took += time.monotonic() - resumed
            stops.append(_stop(stopped))
            if attack != NOTHING and stops[-1][0].startswith(stage):
                self._intruder.ask("attack", attacks=[attack], made=_made(self._trial))
            self._resume_caller()
            if attack == WITNESS and len(stops) == self._count_births():
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
        latest, deadline = time.monotonic(), limits.Deadline(LIMIT)
        while True:
            self._trial.listen(0.01)
            messages = self._trial.outcome.messages[self._read :]
            self._read += len(messages)
            now = time.monotonic()
            for message in messages:
                latest = now
                if message["kind"] == "stopped":
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

    def stream(self, attacks: Sequence[str], seconds: float) -> list[Message]:
        """Let the trial run again and again, attacked all the while; return the outcomes."""
        before, streams = len(self._trial.outcome.calls()), len(self._trial.outcome.of("over"))
        self._trial.tell({"way": STREAM, "seconds": seconds})
        if attacks:
            made = _made(self._trial)
            self._intruder.send("attack_repeatedly", attacks=attacks, made=made, seconds=seconds)
        # Read the messages all the while: a full pipe would stop the trial.
        self._trial.expect("over", streams + 1, limit=seconds + LIMIT)
        if attacks:
            self._intruder.read_report()
        return self._trial.outcome.calls()[before:]


def _stop(stopped: dict[int, str]) -> Stop:
    return max(stopped.values()), len(stopped)


def other_uid() -> int | None:
    """Return the uid of an unprivileged user that this process can become, or None."""
    if os.geteuid() != 0:
        return None
    try:
        uid = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        uid = _NOBODY
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])  # which takes a capability of its own, capabilities(7)
            os.setegid(uid)
            os.seteuid(uid)
            os._exit(0)
        finally:
            os._exit(1)
    # In a user namespace that does not map the uid, the child fails with EINVAL.
    return None if os.waitpid(pid, 0)[1] else uid


@contextlib.contextmanager
def _open_directory() -> Iterator[Path]:
    """Give a directory with the mode of /tmp."""
    with own_directory("ipc-open-", base_directory()) as place:
        place.chmod(0o1777)
        yield place


@dataclass(frozen=True)
class _Plan:
    """What `intrude` is to do: see there."""

    target: str
    uid: int | None
    workers: int
    stream: float
    names: dict[str, list[str]]


def intrude(
    target: str,
    ways: Sequence[str],
    uid: int | None = None,
    *,
    workers: int = 3,
    stream: float = 0.0,
    names: dict[str, list[str]] | None = None,
) -> Intrusion:
    """Attack one run of *target* in each of *ways*; return what the attacks did.

    ways: names of tests.intruder.attacks.ATTACKS, or NOTHING; with " at exit" behind a name, the
        attack comes only when the children are about to exit.
    uid: of the intruder; None for the uid of the transport.
    stream: seconds for which it also attacks runs whose children do not stop.
    names: names that the intruder has guessed, by their directories or "TMPDIR"; it plants links
        there before the runs.  In a name, <pid> stands for the pid of any process.
    """
    plan = _Plan(target, uid, workers, stream, names or {})
    intrusion = Intrusion()
    left = list(ways)
    while left:  # a hang ends a trial: the next one goes on with the next way
        with own_directory("ipc-canary-", base_directory()) as scratch, _open_directory() as tmp:
            left = _AttackedTrial(plan, scratch, tmp, intrusion).hold(left)
    return intrusion


def contents(directory: Path) -> dict[str, bytes | str]:
    """Return what is in a directory, by name: the first bytes of a file, or else its kind.

    A transport that follows a link makes a fifo where the link leads, and to open that would wait.
    """
    found: dict[str, bytes | str] = {}
    for entry in directory.iterdir():
        mode = entry.lstat().st_mode
        if stat.S_ISREG(mode):
            with entry.open("rb") as file:
                found[entry.name] = file.read(_SHOWN)
        else:
            found[entry.name] = f"a {kind_of(mode)}"
    return found


class _AttackedTrial:
    """A trial with runs that are attacked; what comes of it is added to *intrusion*."""

    def __init__(self, plan: _Plan, scratch: Path, tmp: Path, intrusion: Intrusion) -> None:
        self._plan = plan
        self._tmp = tmp
        self._intrusion = intrusion
        self._marker = scratch / "marker"
        self._canary = scratch / "canary"
        self._canary.mkdir()
        (self._canary / "file").write_bytes(_CANARY)
        self._ways: list[str] = []
        self._left: list[str] = []
        self._runs: list[AttackedRun] = []
        self._way = NOTHING  # of the run that goes on

    def hold(self, ways: list[str]) -> list[str]:
        """Attack runs in each of *ways*; return the ways that are left after a hang."""
        self._ways = ways
        outcome = run_trial(
            self._plan.target,
            call(exposure.attacked, n=_TERMS, workers=self._plan.workers),
            act=self._act,
            env={"TMPDIR": str(self._tmp)},
        )
        intrusion = self._intrusion
        intrusion.runs += self._runs
        intrusion.outcomes.append(outcome)
        if not outcome.faults:
            intrusion.left += [entry.name for entry in self._tmp.iterdir()]
        intrusion.marked |= self._marker.exists()
        files = contents(self._canary)
        if files != {"file": _CANARY}:
            intrusion.followed.append(f"there is {files} now")
        # The runs before the first attack may hang too: then no attack can be tried.
        return self._left if len(self._left) < len(ways) else []

    def _act(self, trial: Trial) -> None:
        """Attack the runs of a trial.  A trial that was disturbed by others is held twice."""
        self._left, self._runs, self._way = list(self._ways), [], NOTHING
        spec = {
            "private": [str(self._tmp)],
            "marker": str(self._marker),
            "canary": str(self._canary),
            "uid": self._plan.uid,
        }
        intruder = _start_intruder(trial, spec)
        try:
            self._prepare(trial, intruder)
            self._attack_runs(_Runs(trial, intruder), intruder)
        except Hang:
            self._runs.append(AttackedRun(self._way, None))
            raise
        finally:
            self._intrusion.attempts += intruder.report["attempts"]
            self._intrusion.found += intruder.report["found"]
            self._intrusion.seen += intruder.report["seen"]
            self._intrusion.entered += intruder.report["entered"]
            intruder.end()

    def _prepare(self, trial: Trial, intruder: IntruderProcess) -> None:
        """Wait for the trial to be ready; let the intruder plant links at guessed names."""
        self._intrusion.reaches = str(self._tmp) in intruder.read_line()["ready"]
        trial.expect("warm")
        intruder.ask("ignore_present")
        if self._plan.names:
            guesses = _guesses(self._plan.names, trial.process.pid, self._tmp)
            intruder.ask("plant_links", names=guesses)

    def _attack_runs(self, runs: _Runs, intruder: IntruderProcess) -> None:
        """Attack one run in each way that is left, and then a stream of runs."""
        runs.run(NOTHING)  # tells how many children stop
        _, usual = runs.run(NOTHING)
        while self._left:
            self._way = self._left.pop(0)
            attempts = intruder.report["attempts"]
            outcome, took = runs.run(self._way)
            more = intruder.report["attempts"] - attempts
            self._runs.append(AttackedRun(self._way, outcome, took - usual, more))
            if not self._plan.names:
                intruder.ask("clear")
        if self._plan.stream:
            self._way = STREAM
            usual = max(run["seconds"] for run in runs.stream([], 0.1))
            attacks = [run.way.split()[0] for run in self._runs]
            for outcome in runs.stream(attacks, self._plan.stream):
                late = outcome["seconds"] - usual
                self._runs.append(AttackedRun(STREAM, outcome, late))


def _guesses(names: dict[str, list[str]], pid: int, tmp: Path) -> dict[str, list[str]]:
    """Replace <pid> in *names* by the pids that processes started after *pid* will get.

    Replace "TMPDIR" by the temporary directory.
    """
    return {
        str(tmp) if place == "TMPDIR" else place: [
            name.replace("<pid>", str(number))
            for name in guesses
            for number in (range(pid, pid + _PID_GUESSES) if "<pid>" in name else [0])
        ]
        for place, guesses in names.items()
    }
