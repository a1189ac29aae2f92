"""Attacks: the intruder, another process, attacks what a running transport lets it find.

Each child of a run stops at its birth and before its exit, and goes on when the intruder has
attacked all that it finds.  The time that this takes does not count for the run.
"""

import contextlib
import os
import pwd
import signal
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Hang, Message, Outcome, Trial, call, run_trial, state
from tests.harness.apart import divide
from tests.harness.attacked_runs import NOTHING, STREAM, IntruderProcess, Runs
from tests.harness.places import SHARED, base_directory
from tests.scenarios import exposure
from tests.system.files import own_directory
from tests.system.objects import kind_of

_TERMS = 300  # of the series, in each run: enough for each worker, and soon done

# A pid in a name is guessed: the pids of the next processes are close to the caller's.
_PID_GUESSES = 60

# Seconds of the stream of runs of a transport that has shown nothing to attack so far.
_WITHOUT_TARGETS = 1.0

_NOBODY = 65534  # the uid of nobody, where the system has no user of that name

_SHOWN = 20  # bytes of each file that is there instead, in the report
_CANARY = b"sings"  # in the file that nobody may change


@dataclass
class AttackedRun:
    """A run that was attacked.

    way: the attack; with " at exit" behind it, only children that are about to exit were stopped
        for it.
    call: the outcome of the run; None if it did not end, or if its caller did before.
    lost: how many seconds longer it took than a run that is not attacked.
    status: how its caller has ended, as a number of `signal`, minus, or as an exit status; None if
        it lives.
    """

    way: str
    call: Message | None
    lost: float = 0.0
    attempts: int = 0
    status: int | None = None

    @property
    def result(self) -> str:
        """How the run ended: "exact", "error", or what is wrong with it."""
        if self.call is not None:
            return state(self.call)
        return "a hang" if self.status is None else f"its caller {_ended(self.status)}"


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    names = {int(number): number.name for number in signal.Signals}
    return f"died of {names.get(-status, f'signal {-status}')}"


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


def _start_intruder(trial: Trial, spec: dict[str, Any]) -> IntruderProcess:
    """Start the intruder for a trial, in the world of the trial."""
    private, shared = divide([*spec["private"], *map(str, trial.private)])
    places = {"private": private, "shared": shared, "alone": not shared}
    return IntruderProcess(spec | {"session": trial.process.pid} | places, trial.world)


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
            call(exposure.attacked, n=_TERMS, workers=self._plan.workers, places=SHARED),
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
            self._attack_runs(Runs(trial, intruder), intruder)
        except Hang:
            status = trial.process.poll()
            self._runs.append(AttackedRun(self._way, None, status=status))
            raise
        finally:
            self._intrusion.attempts += intruder.report["attempts"]
            self._intrusion.found += intruder.report["found"]
            self._intrusion.seen += intruder.report["seen"]
            self._intrusion.entered += intruder.report["entered"]
            intruder.end()

    def _prepare(self, trial: Trial, intruder: IntruderProcess) -> None:
        """Wait for the trial to be ready; let the intruder know what is sent, and plant links."""
        answer = intruder.read_line()
        if "refused" in answer:
            pytest.skip(f"cannot become another user: {answer['refused']}")
        self._intrusion.reaches = str(self._tmp) in answer["ready"]
        trial.expect("warm")
        intruder.ask("ignore_present")
        intruder.ask(
            "know",
            messages=[sent["data"] for sent in trial.outcome.of("spoke")],
            inner=list(dict.fromkeys(made["inner"] for made in trial.outcome.of("makes"))),
        )
        if self._plan.names:
            guesses = _guesses(self._plan.names, trial.process.pid, self._tmp)
            intruder.ask("plant_links", names=guesses)

    def _attack_runs(self, runs: Runs, intruder: IntruderProcess) -> None:
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
            has_targets = intruder.report["found"] or runs.has_made()
            seconds = self._plan.stream if has_targets else _WITHOUT_TARGETS
            for outcome in runs.stream(attacks, seconds):
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
