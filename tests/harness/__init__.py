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
import math
import os
import select
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
from typing import Any, NamedTuple, Self

from tests.harness.oracle import tolerance, ulps
from tests.intruder.paths import remove_tree
from tests.scenarios import CHANNEL
from tests.system import resources
from tests.system.objects import FILE_KINDS
from transports import NAMES

__all__ = ["NAMES", "Hang", "Outcome", "Subject", "state", "support", "trial", "unsupported"]

ROOT = Path(__file__).resolve().parents[2]

# Where the user is: bootstrap.py, which goes to ROOT to start pytest, tells it.
STARTED_IN = os.environ.get("IPC_CONFORMANCE_FROM") or os.getcwd()

# Directories that everybody shares: what is new there may be somebody else's.
SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked at, not written to

_MARK = "IPC_CONFORMANCE_TRIAL"
_TEST = "PYTEST_CURRENT_TEST"  # which pytest sets anew for each

VERDICTS = ("HANG", "CRASH", "DISTURBED", "ORPHAN", "LEAK")  # by weight

# Seconds that four workers may take to start and end before all limits are stretched: a fork takes
# a thousandth, a fresh interpreter a tenth of one.
_USUAL = 0.05
_paces: dict[str, float] = {}

# Seconds without a process that runs, or has run, after which a trial is taken for a hang before
# its limit. The suite's own tests set it: a defect that hangs does so in clause after clause.
_QUIET = float(os.environ.get("IPC_CONFORMANCE_QUIET") or math.inf)

Message = dict[str, Any]


def module_of(transport: str) -> str:
    """Return what to load for a transport: a module by its name, or a file by its path.

    transport: one of NAMES, the name of a module, or the path of a file, from the directory in
        which the suite was started; with ":channel" after it, the channel of that.
    """
    if transport.endswith(CHANNEL):
        return module_of(transport.removesuffix(CHANNEL)) + CHANNEL
    if transport.endswith(".py"):
        return str(Path(STARTED_IN, transport).resolve())
    return f"transports.{transport}" if transport in NAMES else transport


@cache
def _bench() -> str:
    """Return the directory of all trials: one, so that trials do not see each other's."""
    bench = tempfile.mkdtemp(prefix="ipc-lab-")
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:
            _no_next()
            remove_tree(bench)

    atexit.register(clear)
    return bench


@dataclass
class Outcome:
    """What a trial showed: what is wrong with it, all messages, and all that was printed.

    faults: (verdict, why), the weightiest verdict first.
    """

    faults: list[tuple[str, str]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    output: str = ""

    @property
    def verdict(self) -> str:
        """The weightiest verdict."""
        return self.faults[0][0] if self.faults else "OK"

    def condemn(self, verdict: str, why: str) -> None:
        """Add a fault."""
        self.faults.append((verdict, why))
        self.faults.sort(key=lambda fault: VERDICTS.index(fault[0]))  # which is stable

    def of(self, *kinds: str) -> list[Message]:
        """Return the messages of *kinds*, in their order."""
        return [message for message in self.messages if message["kind"] in kinds]

    def calls(self) -> list[Message]:
        """Return the outcomes of `run`, but for those that only warm up."""
        return [message for message in self.of("outcome") if "warm" not in message]


class Hang(Exception):  # noqa: N818 - a verdict
    """A message did not come in time."""


class _Interpreter:
    """A fresh interpreter that has imported the scenarios, and waits for its trial."""

    def __init__(self, env: dict[str, str]) -> None:
        self.place = Path(tempfile.mkdtemp(dir=_bench()))
        self.private = [self.place / name for name in ("tmp", "cwd", "home")]
        for directory in self.private:
            directory.mkdir()
        mark = uuid.uuid4().hex
        self.mark = f"{_MARK}={mark}".encode()
        environment = os.environ | {
            "TMPDIR": str(self.private[0]),
            "HOME": str(self.private[2]),
            "PYTHONPATH": os.pathsep.join(
                [
                    str(ROOT / "tests" / "scenarios" / "startup"),
                    str(ROOT),
                    STARTED_IN,
                    *filter(None, [os.getenv("PYTHONPATH")]),
                ]
            ),
            "PYTHONPYCACHEPREFIX": os.path.join(_bench(), "pycache"),
            _MARK: mark,
        }
        # Unbuffered output hides what a worker flushes a second time.
        environment.pop("PYTHONUNBUFFERED", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a fresh start costs less from cache
        environment.pop(_TEST, None)
        self.reader, writer = os.pipe()
        os.set_blocking(self.reader, False)
        # Files, not pipes: an orphan would hold a pipe open.
        with open(self.place / "output", "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.scenarios", str(writer)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.private[1],
                env=environment | env,
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)

    def tell(self, line: Any) -> None:
        """Write *line*, as JSON, to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """End it, and remove what it had."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        os.close(self.reader)
        remove_tree(str(self.place))


# The next trial's interpreter, which starts while the one before is on trial: a third of the
# time of a short trial. It knows nothing of its trial yet, so it is as fresh as any.
_next: list[tuple[dict[str, str], _Interpreter]] = []


def _interpreter(env: dict[str, str]) -> _Interpreter:
    if env:
        return _Interpreter(env)
    outer = {name: value for name, value in os.environ.items() if name != _TEST}
    if _next and _next[0][0] != outer:
        _next.pop()[1].close()
    ready = _next.pop()[1] if _next else _Interpreter({})
    _next.append((outer, _Interpreter({})))
    return ready


def _no_next() -> None:
    while _next:
        _next.pop()[1].close()


class Subject:
    """A running trial.  Leaving the context ends all of its processes."""

    def __init__(
        self, target: str, scenario: str, params: dict[str, Any], env: dict[str, str]
    ) -> None:
        self.outcome = Outcome()
        self._interpreter = _interpreter(env)
        self.process = self._interpreter.process
        self.private = self._interpreter.private
        self._rest = b""
        self._pace = _paces.get(target, 1.0)
        self._looked, self._silent = time.monotonic(), 0
        self._seen: list[tuple[str, ...]] = []
        self._before = self.inventory()
        self.tell(
            {
                "target": target,
                "scenario": scenario,
                "params": params,
                "shared": SHARED,
                "private": _bench(),
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.survivors():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._interpreter.close()

    def inventory(self) -> resources.Inventory:
        """Return what there is now, where this trial could leave something."""
        return resources.of_the_system(*map(str, self.private), *SHARED)

    def survivors(self) -> list[int]:
        """Return the processes of this trial but the subject itself, zombies excepted.

        Each carries the mark in the environment that it was started with.
        """
        mark = self._interpreter.mark
        found = []
        if os.path.exists("/proc/self/environ"):
            for entry in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as environ:
                    if mark in environ.read():
                        found.append(int(entry))
        else:
            listing = subprocess.run(
                ["ps", "-axEww", "-o", "pid=,command="],  # noqa: S607
                capture_output=True,
                check=True,
            ).stdout
            found = [int(line.split()[0]) for line in listing.splitlines() if mark in line]
        return [pid for pid in found if pid != self.process.pid]

    def _quiet(self) -> bool:
        """Tell whether no process of this trial has run for _QUIET seconds."""
        now = time.monotonic()
        if math.isinf(_QUIET) or now < self._looked + 0.2:
            return False
        self._looked = now
        seen = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid:  # its session, proc_pid_stat(5)
                    seen.append((entry, *fields[11:15], "" if fields[0] in "RD" else "asleep"))
        if seen != self._seen or any(not state for *_, state in seen):
            self._seen, self._silent = seen, -1
        self._silent += 1  # looks, not time: this process may have been kept from looking
        return self._silent > _QUIET / 0.2

    def listen(self, seconds: float) -> list[Message]:
        """Return the messages that have come, having waited for one for *seconds* at most."""
        poller = select.poll()
        poller.register(self._interpreter.reader, select.POLLIN)
        if not poller.poll(max(0.0, seconds) * 1000):
            return []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._interpreter.reader, 65536):
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
        until = time.monotonic() + limit * self._pace
        over = False
        while len(found := self.outcome.of(*kinds.split())) < count:
            if over or time.monotonic() > until or self._quiet():
                raise Hang(f"{len(found)} of {count} messages of kind {kinds!r} within {limit} s")
            over = self.process.poll() is not None  # then read once more what it said
            self.listen(0.0 if over else 0.05)
        return found

    def hear_out(self, kind: str, count: int = 1, limit: float = 20.0) -> None:
        """Listen for *count* messages of *kind*; should they not come, finish() tells why."""
        with contextlib.suppress(Hang):
            self.expect(kind, count, limit)

    def tell(self, request: Any) -> None:
        """Write *request*, a line of JSON, to the standard input of the scenario."""
        with contextlib.suppress(BrokenPipeError):  # it has ended, which finish() will tell
            self._interpreter.tell(request)

    def ask(self, *request: Any, limit: float = 20.0) -> Message:
        """Send *request* to the scenario `serve`, and return the outcome."""
        count = len(self.outcome.of("outcome"))
        self.tell(request)
        return self.expect("outcome", count + 1, limit)[-1]

    def finish(self, limit: float, patience: float = 0.0) -> Outcome:
        """Wait for the end of the interpreter, and judge what there is then.

        limit: seconds until it is a HANG.
        patience: seconds that processes and objects may live on, after a caller was killed.
        """
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        until = time.monotonic() + limit * self._pace
        while self.process.poll() is None and time.monotonic() < until and not self._quiet():
            self.listen(0.02)
        self.listen(0)
        outcome = self.outcome
        outcome.output = (self._interpreter.place / "output").read_text(errors="replace")
        if self.process.poll() is None:
            doing = outcome.messages[-1] if outcome.messages else "nothing"
            outcome.condemn("HANG", f"not done after {limit} s; last heard: {doing}")
            return outcome
        pids = {message["pid"] for message in outcome.of("done") + outcome.of("strayed")}
        if strays := pids - {self.process.pid}:
            outcome.condemn("DISTURBED", f"workers {strays} came back into the caller's code")
        if patience == 0 and (self.process.returncode or not outcome.of("done")):
            outcome.condemn(
                "CRASH", f"exit status {self.process.returncode}\n{outcome.output[-2000:]}"
            )
        elif outcome.output:
            outcome.condemn("DISTURBED", f"printed: {outcome.output[-500:]}")
        end = time.monotonic()
        while left := self.left(self._before):
            # What serves a caller, as the resource tracker of multiprocessing does, ends when it
            # hears of its end, which takes a moment.
            lasting = patience if any(verdict == "LEAK" for verdict, _ in left) else 1.0
            if time.monotonic() > end + max(patience, lasting):
                break
            time.sleep(0.02)
        for verdict, what in left:
            outcome.condemn(verdict, what)
        for message in outcome.of("inside"):
            for entry in message["new"]:
                outcome.condemn("LEAK", f"in the caller, {resources.Resource(*entry)}")
        return outcome

    def left(self, before: resources.Inventory) -> list[tuple[str, str]]:
        """Return (verdict, what) for each process that lives on, each thing not in *before*."""
        orphans = [("ORPHAN", f"process {pid} lives on") for pid in self.survivors()]
        leaks = [
            ("LEAK", str(found))
            for found in resources.added(before, self.inventory())
            if self._ours(found)
        ]
        return orphans + leaks

    def _ours(self, found: resources.Resource) -> bool:
        """Tell whether a new thing can be of this trial: in /tmp, many make files."""
        if found.place not in SHARED[:2]:  # /tmp and /var/tmp
            return True
        # Sockets and FIFOs are rare, and made without an audit event, if by another language.
        named = {message["name"] for message in self.outcome.of("named")}
        return found.kind in ("socket", "fifo") or found.name in named


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
                subject.outcome.condemn("HANG", str(hang))
                subject.finish(0)
            else:
                subject.finish(limit)
            outcome = subject.outcome
        files = [f"{kind} in {place}:" for kind in FILE_KINDS for place in SHARED]
        shared = (resources.SYSTEM_V, resources.POSIX_QUEUE, *files)
        if outcome.verdict != "LEAK" or not all(w.startswith(shared) for _, w in outcome.faults):
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


@cache
def quarter_of_a_second(target: str) -> int:
    """Return the terms whose sum takes the children of a run 0.25 s of CPU in all."""
    outcome = trial(target, "calibrated", workers=2)
    for told in outcome.of("calibrated"):
        return int(told["n"])
    return 10**9  # it does not compute: whoever asks will see


class Support(NamedTuple):
    """What a module says of itself, before it is tried.

    reason: why it cannot be had here, or None.
    expected_failures: its EXPECTED_FAILURES, {clause: reason}.
    error: why it cannot be put on trial at all, or "".
    forks: whether its workers are forked by the caller, and not started afresh.
    extra: the extra of pyproject.toml that it takes, or "".
    no_channel: why it carries no messages, or None.
    """

    reason: str | None
    expected_failures: dict[str, str]
    error: str = ""
    forks: bool = True
    extra: str = ""
    no_channel: str | None = None


@cache
def support(target: str) -> Support:
    """Ask the module *target*, in an interpreter of its own."""
    outcome = trial(target, "support")
    for call in outcome.of("outcome"):
        _paces[target] = min(10.0, max(1.0, call["seconds"] / _USUAL))
    for told in outcome.of("support"):
        forks = all(message["count"] for message in outcome.of("forked"))
        return Support(
            told["reason"],
            told["expected"],
            told["error"],
            forks,
            told["extra"],
            told["channel"],
        )
    return Support(None, {}, "; ".join(why for _, why in outcome.faults) or "it said nothing")


def unsupported(target: str) -> str | None:
    """Return why *target* cannot be had here, by its own probe, or None."""
    told = support(target)
    if told.error:
        raise RuntimeError(f"{target} could not be asked: {told.error}")
    return told.reason
