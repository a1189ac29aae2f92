"""Visits: a stranger comes to a running transport, and strikes at what it finds.

Each child of a run is stopped at birth and before its exit, until the stranger has struck at
all that there is; the time that this takes is not the transport's.
"""

import contextlib
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness import ROOT, SHARED, Hang, Message, Outcome, Trial, run_trial, state
from tests.intruder.paths import own_directory

QUIET = 0.1  # seconds without news, after which no further child is waited for
_PROGRAM = ("-m", "tests.intruder")

LIMIT = 6.0  # seconds that a run may lose until it is a hang


@dataclass
class Struck:
    """A run that was struck: how, what became of it, and the seconds that it lost."""

    way: str
    call: Message | None  # None: a hang
    lost: float = 0.0
    tried: int = 0


@dataclass
class Visit:
    """All runs of a visit, and what the stranger has seen, and got into."""

    struck: list[Struck] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    found: int = 0
    entered: list[str] = field(default_factory=list)
    tried: int = 0
    marked: bool = False  # the marker is there: bytes have been run
    followed: list[str] = field(default_factory=list)  # what is no more as it was
    left: list[str] = field(default_factory=list)
    reaches: bool = True  # whether the stranger can get to the temporary directory

    def of(self, *hows: str) -> list[Struck]:
        """Return the runs that were struck in one of *hows*."""
        return [run for run in self.struck if run.way.split()[0] in hows]


class Stranger:
    """The process of tests.intruder.

    spec: what `tests.intruder.__main__.Stranger` takes from it.
    program: the arguments of the interpreter that runs it.
    """

    def __init__(self, spec: dict[str, Any], program: Sequence[str] = _PROGRAM) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, json.dumps(spec)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.told: Message = {"tried": 0, "entered": [], "seen": [], "found": 0}

    def hear(self, limit: float = 30.0) -> Message:
        """Return its next line."""
        assert self.process.stdout
        poller = select.poll()
        poller.register(self.process.stdout, select.POLLIN)
        line = self.process.stdout.readline() if poller.poll(limit * 1000) else b""
        if not line:
            raise RuntimeError("the stranger did not answer")
        answer: Message = json.loads(line)
        return answer

    def ask(self, do: str, **more: Any) -> Message:
        """Request something of it, and return what it says when it is done."""
        self.begin(do, **more)
        self.told = self.hear()
        return self.told

    def begin(self, do: str, **more: Any) -> None:
        """Request something of it."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do} | more).encode() + b"\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        """Let it tidy up and end."""
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def _stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TtXZ"
    except OSError:
        return True


def _release(pids: Sequence[int]) -> None:
    for pid in pids:
        until = time.monotonic() + 1
        while not _stopped(pid) and time.monotonic() < until:  # it has said so, and does it next
            time.sleep(0.0005)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _made(subject: Trial) -> list[str]:
    """Return what the trial has made itself in directories that all share."""
    named = subject.outcome.of("named")
    return [os.path.join(told["place"], told["name"]) for told in named if told["made"]]


def _come(subject: Trial, places: dict[str, Any]) -> Stranger:
    """Start a stranger for a trial, in the trial's own IPC namespace if it has one."""
    (apart,) = subject.expect("apart")
    pid = subject.process.pid
    return Stranger(
        places
        | {
            "session": pid,
            "ipc": pid if apart["ipc"] else None,
            "shared": SHARED,
            "private": [*places["private"], *map(str, subject.private)],
        }
    )


class _Runs:
    """Runs of a subject, one at a time, each struck at its stops."""

    def __init__(self, subject: Trial, stranger: Stranger) -> None:
        self._subject = subject
        self._stranger = stranger
        self._pattern: list[tuple[str, int]] = []  # of stops: the stage, and how many children

    def run(self, way: str) -> tuple[Message, float]:
        """Let the subject run, struck in *way*; return the outcome and the seconds it took."""
        how, _, stage = way.partition(" at ")
        begun = len(self._subject.outcome.messages)
        heard, lost, group = begun, 0.0, 0
        pattern: list[tuple[str, int]] = []
        held: dict[int, str] = {}
        self._subject.tell({"way": way})
        resumed = news = time.monotonic()
        while True:
            self._subject.listen(0.01)
            fresh = self._subject.outcome.messages[heard:]
            heard += len(fresh)
            now = time.monotonic()
            for message in fresh:
                news = now
                if message["kind"] == "stopped":
                    held[message["pid"]] = message["stage"]
                elif message["kind"] == "outcome":
                    if how == "nothing":
                        self._pattern = self._pattern or pattern
                    return message, lost + message["at"] - resumed
            if held:
                here = (max(held.values()), len(held))
                expected = self._pattern[group : group + 1] == [here]
                if not expected and now - news < QUIET:
                    continue
                lost += now - resumed
                pattern.append(here)
                group += 1
                if how != "nothing" and here[0].startswith(stage):
                    self._stranger.ask("strike", how=[how], made=_made(self._subject))
                _release(list(held))
                held.clear()
                resumed = news = time.monotonic()
            elif self._subject.process.poll() is not None or now - resumed > LIMIT:
                raise Hang(f"struck by {way!r}")

    def stream(self, hows: Sequence[str], seconds: float) -> list[Message]:
        """Let the subject run again and again, with the stranger at it all the while."""
        before, overs = len(self._subject.outcome.calls()), len(self._subject.outcome.of("over"))
        self._subject.tell({"way": "harass", "seconds": seconds})
        if hows:
            made = _made(self._subject)
            self._stranger.begin("harass", how=hows, made=made, seconds=seconds)
        # Read all the while, or a full pipe would hold the subject up.
        self._subject.expect("over", overs + 1, limit=seconds + LIMIT)
        if hows:
            self._stranger.told = self._stranger.hear()
        return self._subject.outcome.calls()[before:]


def other_uid() -> int | None:
    """Return the uid of an unprivileged user that this process can become, or None."""
    if os.geteuid() != 0:
        return None
    try:
        uid = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        uid = 65534
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])  # which takes a capability of its own, capabilities(7)
            os.setegid(uid)
            os.seteuid(uid)
            os._exit(0)
        finally:
            os._exit(1)
    return None if os.waitpid(pid, 0)[1] else uid  # one that no user namespace maps: EINVAL


@contextlib.contextmanager
def _open_directory() -> Iterator[Path]:
    """Give a directory like /tmp, that every user reaches, to whoever has one."""
    bases = [tempfile.gettempdir(), *SHARED]
    open_to_all = [b for b in bases if os.path.isdir(b) and os.stat(b).st_mode & 0o1007 == 0o1007]
    with own_directory("ipc-open-", [*open_to_all, bases[0]][0]) as place:
        place.chmod(0o1777)
        yield place


def visit(
    target: str,
    hows: Sequence[str],
    uid: int | None = None,
    *,
    workers: int = 3,
    stream: float = 0.0,
    names: dict[str, list[str]] | None = None,
) -> Visit:
    """Let a stranger come to *target*, and strike a run in each of *hows*; return what he did.

    hows: kinds of strike; "take at exit" strikes only when the children are about to exit.
    uid: of the stranger; None for the uid of the transport.
    stream: seconds for which he also strikes at runs that nobody stops.
    names: names that he has guessed, and lays in the transport's way, by "TMPDIR" or their
        directories.  In each, <pid> stands for the number of a process.
    """
    seen = Visit()
    left = list(hows)
    while left:
        with own_directory("ipc-canary-") as scratch, _open_directory() as tmp:
            _one_trial(target, left, uid, workers, stream, names or {}, scratch, tmp, seen)
    return seen


def _one_trial(
    target: str,
    left: list[str],
    uid: int | None,
    workers: int,
    stream: float,
    names: dict[str, list[str]],
    scratch: Path,
    tmp: Path,
    seen: Visit,
) -> None:
    """Hold one trial; take the ways that were tried from *left*. A hang ends it."""
    canary = scratch / "canary"
    canary.mkdir()
    (canary / "file").write_text("sings")
    places = {
        "private": [str(tmp)],
        "marker": str(scratch / "marker"),
        "canary": str(canary),
        "uid": uid,
    }
    todo: list[str] = []
    struck: list[Struck] = []

    def act(subject: Trial) -> None:
        todo[:], struck[:] = left, []
        stranger = _come(subject, places)
        way = "nothing"
        try:
            seen.reaches = str(tmp) in stranger.hear()["ready"]
            subject.expect("warm")
            stranger.ask("watch")
            if names:
                stranger.ask("foretell", names=_guesses(names, subject, tmp))
            runs = _Runs(subject, stranger)
            runs.run("nothing")
            _, usual = runs.run("nothing")
            while todo:
                way = todo.pop(0)
                tried = stranger.told["tried"]
                call, took = runs.run(way)
                more = stranger.told["tried"] - tried
                struck.append(Struck(way, call, took - usual, more))
                if not names:
                    stranger.ask("clear")
            if stream:
                way = "harass"
                usual = max(call["seconds"] for call in runs.stream([], 0.1))
                calls = runs.stream([run.way.split()[0] for run in struck], stream)
                struck.extend(Struck(way, call, call["seconds"] - usual) for call in calls)
        except Hang:
            struck.append(Struck(way, None))
            raise
        finally:
            seen.tried += stranger.told["tried"]
            seen.found += stranger.told["found"]
            seen.seen += stranger.told["seen"]
            seen.entered += stranger.told["entered"]
            stranger.leave()

    outcome = run_trial(
        target,
        "exposure.visited",
        act=act,
        env={"TMPDIR": str(tmp)},
        n=300,
        workers=workers,
    )
    left[:] = todo
    seen.struck += struck
    seen.outcomes.append(outcome)
    if not outcome.faults:
        seen.left += [entry.name for entry in tmp.iterdir()]
    seen.marked |= (scratch / "marker").exists()
    files = {entry.name: entry.read_bytes()[:20] for entry in canary.iterdir()}
    if files != {"file": b"sings"}:
        seen.followed.append(f"there is {files} now")


def _guesses(names: dict[str, list[str]], subject: Trial, tmp: Path) -> dict[str, list[str]]:
    """Put numbers of processes to come into *names*, and the directory into its place."""
    pid = subject.process.pid
    return {
        str(tmp) if place == "TMPDIR" else place: [
            name.replace("<pid>", str(number))
            for name in guesses
            for number in (range(pid, pid + 60) if "<pid>" in name else [0])
        ]
        for place, guesses in names.items()
    }


def bearing(run: Struck) -> str:
    """Return how the transport bore a strike: 'exact', 'error', or what is wrong."""
    return "a hang" if run.call is None else state(run.call)
