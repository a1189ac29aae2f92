"""The laboratory: puts a transport on trial in an interpreter of its own, with a hard limit.

A trial ends in a verdict, in this order of weight:

HANG        the interpreter was not done by the limit
CRASH       it died, or raised outside of `run`
DISTURBED   a worker came back into the caller's code, or something was printed
ORPHAN      a process of the trial was alive after it
LEAK        an object was left, in the interpreter or in the system
OK          none of these; what `run` returned or raised is for the test to judge
"""

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

from tests.lab.oracle import tolerance, ulps
from tests.lab.report import print_matrix
from tests.subject import census

__all__ = ["Hang", "Outcome", "Subject", "print_matrix", "state", "trial", "unsupported"]

ROOT = Path(__file__).resolve().parents[2]

# Directories that everybody shares: what is new there may be somebody else's.
SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked at, not written to

_MARK = "IPC_CONFORMANCE_TRIAL"

Message = dict[str, Any]


@cache
def _bench() -> str:
    """Return the directory of all trials: one, so that trials do not see each other's."""
    bench = tempfile.mkdtemp(prefix="ipc-lab-")
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:
            shutil.rmtree(bench, ignore_errors=True)

    atexit.register(clear)
    return bench


@dataclass
class Outcome:
    """What a trial showed: its verdict, why, all messages, and all that was printed."""

    verdict: str = "OK"
    why: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    output: str = ""

    def of(self, *kinds: str) -> list[Message]:
        """Return the messages of *kinds*, in their order."""
        return [message for message in self.messages if message["kind"] in kinds]

    def calls(self) -> list[Message]:
        """Return the outcomes of `run`, but for those that only warm up."""
        return [message for message in self.of("outcome") if "warm" not in message]


class Hang(Exception):  # noqa: N818 - a verdict
    """A message did not come in time."""


class Subject:
    """A running trial.  Leaving the context ends all of its processes."""

    def __init__(
        self, target: str, scenario: str, params: dict[str, Any], env: dict[str, str]
    ) -> None:
        self.outcome = Outcome()
        self._place = Path(tempfile.mkdtemp(dir=_bench()))
        self.private = [self._place / name for name in ("tmp", "cwd", "home")]
        for directory in self.private:
            directory.mkdir()
        self._before = self.inventory()
        self._mark = uuid.uuid4().hex
        environment = os.environ | {
            "TMPDIR": str(self.private[0]),
            "HOME": str(self.private[2]),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])]),
            "PYTHONPYCACHEPREFIX": os.path.join(_bench(), "pycache"),
            _MARK: self._mark,
        }
        # Unbuffered output hides what a worker flushes a second time.
        environment.pop("PYTHONUNBUFFERED", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a fresh start costs less from cache
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._rest = b""
        spec = json.dumps(
            {
                "target": target,
                "scenario": scenario,
                "params": params,
                "shared": SHARED,
                "private": _bench(),
            }
        )
        # Files, not pipes: an orphan would hold a pipe open.
        with open(self._place / "output", "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.subject", str(writer), spec],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.private[1],
                env=environment | env,
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in [self.process.pid, *self.survivors()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        os.close(self._reader)
        shutil.rmtree(self._place, ignore_errors=True)

    def inventory(self) -> census.Census:
        """Return what there is now, where this trial could leave something."""
        return census.outside(*map(str, self.private), *SHARED)

    def survivors(self) -> list[int]:
        """Return the processes of this trial but the subject itself, zombies excepted.

        Each carries the mark in the environment that it was started with.
        """
        mark = f"{_MARK}={self._mark}".encode()
        found = []
        if Path("/proc/self/environ").exists():
            for entry in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    if mark in Path("/proc", entry, "environ").read_bytes():
                        found.append(int(entry))
        else:
            listing = subprocess.run(
                ["ps", "-axEww", "-o", "pid=,command="],  # noqa: S607
                capture_output=True,
                check=True,
            ).stdout
            found = [int(line.split()[0]) for line in listing.splitlines() if mark in line]
        return [pid for pid in found if pid != self.process.pid]

    def listen(self, seconds: float) -> list[Message]:
        """Return the messages that have come, having waited for one for *seconds* at most."""
        poller = select.poll()
        poller.register(self._reader, select.POLLIN)
        if not poller.poll(max(0.0, seconds) * 1000):
            return []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._reader, 65536):
                self._rest += data
            if not self._rest:  # end of file: nobody is left who could tell
                time.sleep(min(0.005, max(0.0, seconds)))
        *lines, self._rest = self._rest.split(b"\n")
        messages = [json.loads(line) for line in lines]
        self.outcome.messages += messages
        return messages

    def expect(self, kinds: str, count: int = 1, limit: float = 20.0) -> list[Message]:
        """Wait until there are *count* messages of *kinds*, and return these; Hang if not.

        kinds: one, or more with a space between, any of which counts.
        """
        until = time.monotonic() + limit
        over = False
        while len(found := self.outcome.of(*kinds.split())) < count:
            if over or time.monotonic() > until:
                raise Hang(f"{len(found)} of {count} messages of kind {kinds!r} within {limit} s")
            over = self.process.poll() is not None  # then read once more what it said
            self.listen(0.0 if over else 0.05)
        return found

    def tell(self, request: Any) -> None:
        """Write *request*, a line of JSON, to the standard input of the scenario."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, *request: Any, limit: float = 20.0) -> Message:
        """Send *request* to the scenario `serve`, and return the outcome."""
        count = len(self.outcome.of("outcome"))
        self.tell(request)
        return self.expect("outcome", count + 1, limit)[-1]

    def _condemn(self, verdict: str, *why: str) -> None:
        if self.outcome.verdict == "OK":
            self.outcome.verdict = verdict
        self.outcome.why += why

    def finish(self, limit: float, patience: float = 0.0) -> Outcome:
        """Wait for the end of the interpreter, and judge what there is then.

        limit: seconds until it is a HANG.
        patience: seconds that processes and objects may live on, after a caller was killed.
        """
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        until = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < until:
            self.listen(0.02)
        self.listen(0)
        outcome = self.outcome
        outcome.output = (self._place / "output").read_text(errors="replace")
        if self.process.poll() is None:
            doing = outcome.messages[-1] if outcome.messages else "nothing"
            self._condemn("HANG", f"not done after {limit} s; last heard: {doing}")
            return outcome
        pids = {message["pid"] for message in outcome.of("done") + outcome.of("strayed")}
        if strays := pids - {self.process.pid}:
            self._condemn("DISTURBED", f"workers {strays} came back into the caller's code")
        if patience == 0 and (self.process.returncode or not outcome.of("done")):
            self._condemn("CRASH", f"exit status {self.process.returncode}", outcome.output[-2000:])
        elif outcome.output:
            self._condemn("DISTURBED", f"printed: {outcome.output[-500:]}")
        until = time.monotonic() + patience
        while (left := self.left(self._before)) and time.monotonic() < until:
            time.sleep(0.02)
        for verdict, what in left:
            self._condemn(verdict, what)
        for message in outcome.of("inside"):
            if message["new"]:
                self._condemn(
                    "LEAK", *(f"in the caller, {kind} {name}" for kind, name in message["new"])
                )
        return outcome

    def left(self, before: census.Census) -> list[tuple[str, str]]:
        """Return (verdict, what) for each process that lives on, each thing not in *before*."""
        orphans = [("ORPHAN", f"process {pid} lives on") for pid in self.survivors()]
        leaks = [
            ("LEAK", f"{kind}: {name}")
            for kind, name in census.new(before, self.inventory())
            if self._ours(kind, name)
        ]
        return orphans + leaks

    def _ours(self, kind: str, name: str) -> bool:
        """Tell whether a new thing can be of this trial: in /tmp, many make files."""
        if kind not in ("file in /tmp", "file in /var/tmp"):
            return True
        # Sockets and FIFOs are rare, and made without an audit event, if by another language.
        named = {message["name"] for message in self.outcome.of("named")}
        return name[0] in "sp" or name.split(" ", 1)[1] in named


def trial(
    target: str,
    scenario: str,
    *,
    limit: float = 20.0,
    act: Callable[[Subject], None] | None = None,
    env: dict[str, str] | None = None,
    **params: Any,
) -> Outcome:
    """Put the module *target* through *scenario* with *params*; return the outcome.

    limit: seconds for all of it.
    act: called with the running trial, to do something to it from outside.
    env: environment variables to add.

    What is new in a place that everybody shares may be another program's doing: such a
    trial is held again, and condemned if it leaves something again.
    """
    outcome = Outcome()
    for _ in range(2):
        with Subject(target, scenario, params, env or {}) as subject:
            try:
                if act is not None:
                    act(subject)
            except Hang as hang:
                subject.finish(0)
                subject.outcome.why.insert(0, str(hang))
            else:
                subject.finish(limit)
            outcome = subject.outcome
        shared = ("System V", "POSIX queue", *(f"file in {place}:" for place in SHARED))
        if outcome.verdict != "LEAK" or not all(why.startswith(shared) for why in outcome.why):
            break
    return outcome


def state(call: Message) -> str:
    """Return what `run` did in *call*: 'exact', 'error', or what is wrong with it."""
    if "error" in call:
        return "error" if call["exception"] else f"raised {call['error']}, no Exception"
    n, workers = int(call["n"]), int(call["workers"])
    if call["type"] != "float":
        return f"returned a {call['type']}: {call['value']!r}"
    off = ulps(call["value"], n)
    if off <= tolerance(n, workers):
        return "exact"
    return f"returned {call['value']!r}, {off:.3g} ulp off"


def unsupported(target: str) -> str | None:
    """Return why *target* cannot be had here, by its own probe, or None."""
    outcome = trial(target, "support")
    if not (told := outcome.of("support")):
        raise RuntimeError(f"{target} could not be asked: {outcome.why}")
    reason: str | None = told[0]["reason"]
    return reason
