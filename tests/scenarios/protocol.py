"""What pytest's process and the interpreter under test share: the calls and the messages.

A test names a scenario by `call`, which mypy checks.  The scenario answers with messages, lines of
JSON, whose kinds are in KINDS.  Some hundreds of interpreters import this module, so it is small.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, Concatenate, ParamSpec

from tests.scenarios import names
from tests.system.pace import slowed

CHANNEL = ":channel"

P = ParamSpec("P")
Run = Callable[..., float]

# The kinds of messages, and the fields of each. All have "kind", "pid" and "at" (CLOCK_MONOTONIC).
KINDS = {
    # of the program
    "named": "place: shared directory; name: entry in it; made: whether it is new",
    "ready": "",
    "done": "",
    "strayed": "",  # a worker came back into the code of the caller
    # of a call of `run`; from "warm" on, what the scenario adds
    "outcome": (
        "n: as text; workers: as text; value: result; type: of the value; error: type;"
        " exception: whether an Exception; mro: types; text: of the error; seconds: duration;"
        " warm: not to be checked; injected: whether a fault was; again: a run after a fault;"
        " case: state of the caller; way: of the fault or attack; victims: numbers of children;"
        " victim: number of the child; delay: seconds until the fault; where: point of the fault;"
        " names: limits, one of which the error names; forks: children so far;"
        " slowed: how much slower than alone this process went on after a call that was not quick"
    ),
    "called": (  # before each such call; of some that are all alike, before the first
        "n: as text; workers: as text; and what the scenario adds, as for an outcome"
    ),
    "trace": "frames: file, line and function of each that the error of a call came through",
    "inside": "new: entries that the caller has and did not have",
    "made": "n: as text; workers: as text; births: children; new: entries",
    # of the children of a run
    "births": "count: children of a run; seconds: duration of the run",
    "born": "number: of the child; pid: of the child, if another process logs it",
    "stopped": 'stage: "birth", "send" or "exit"',
    "injected": "point: of a channel's worker; way: of the fault; pid: of the worker",
    "unmet": "why: the scenario cannot meet the workers",
    "tick": "",  # this process has computed for a while more: where nothing can watch it
    "watches": "",  # this process watches the workers: it is no part of a run
    "missed": "why: no worker could be met",
    "interrupts": "way: how the caller has set other signals; its handler raises now",
    "unreached": "where: point to which no worker came in the last call: none was killed",
    "points": "tried: points at which a worker was killed; chosen: to be tried; all: there are",
    # of the scenarios `basics`
    "support": (
        "reason: not usable here; expected: EXPECTED_FAILURES; error: not a transport;"
        " extra: of pyproject.toml; channel: why none"
    ),
    "forked": "count: children that the caller forked; more: children than for half the workers",
    "kept": "runs: that erred; blocks: of Python objects that each of them has added, at least",
    "repeated": "times: runs; grown: bytes of memory; blocks: of Python objects, at least;"
    " descriptors: that only the collector closes, at least",
    "calibrated": "n: terms; computed: whether any process but the caller did",
    "cpu": (
        "own: seconds of the caller; work: of all others; who: pids of those that have computed,"
        " for longer than one needs that has nothing to do; took: seconds of the run"
    ),
    "waited": "stage: where its workers were stopped; cpu: seconds of CPU;"
    " wakes: times that the caller woke up; seconds: duration",
    "took": "seconds: duration",
    "spoke": "data: what a worker has sent, in hexadecimal",
    "makes": "inner: path of a file that a worker makes, from a directory of the run on",
    "caught": "count: signals",
    "early": "terms: of a run that cannot end in this time; how: it has ended",
    "short": "idle: seconds in which all sleep; seen: in /proc; floor: of bare processes",
    "signalled": "to: pid or group; number: of the signal; why: it was not to be sent",
    # of callers in a state of their own
    "failed": "case: state of the caller; error: what is not of `run`",
    "refused": "case: state of the caller; reason: why the system refuses that state",
    "changed": "case: state of the caller; what: settings that differ; new: entries",
    "children": "states: of the caller's own children",
    "cleaned": "what: kind of clean-up that was done",
    "printed": "text: all that was written",
    "wrote": "way: of the fault; size: bytes that a run has written to standard error",
    "untimed": "",  # `run` takes no timeout
    "foreign": "",  # this process is a child of the caller's own, and may outlive it
    "nested": "case: where; count: runs that began while another one was under way",
    "forking": (
        "case: the fault while workers were forked; forks: children; after: those after the fault;"
        " each: seconds that each fork took at least; new: entries"
    ),
    "many": "case: the fault; before: forks before it; after: forks after it; late: seconds since",
    "stormed": (
        "runs: calls of `run`; strikes: exceptions of the handler; wrong: texts, of runs that left"
        " something, or had another end than the exact result or that exception"
    ),
    # of runs behind the gate
    "ungated": "reason: there is no gate here",
    "orders": (
        "case: the kind; all: how many there are; orders: how many were tried;"
        " both: pairs of calls that came in both orders"
    ),
    "order": (
        "order: which one; times: orders that led to the same;"
        " outcome: fields of an outcome, none if `run` did not come back; status: exit code;"
        " stuck: a line for each thread that could not go on; proven: whether for ever"
    ),
    "strikes": (
        "case: the kind; all: points that there are; tried: how many were tried;"
        " reached: how many runs came to theirs"
    ),
    "strike": (
        "order: which one; times: points that led to the same; where: at which call, and what;"
        " what: name of the signal or the error; of_caller: whether at a call of the caller;"
        " victims: pids of the processes; outcome: fields of an outcome, none if `run` did not come"
        " back; status: exit code; stuck: a line for each thread that could not go on;"
        " proven: whether for ever; late: seconds from it to the end of `run`;"
        " interrupted: whether an interrupt came out elsewhere; left: new entries in the system;"
        " inside: new entries in the caller"
    ),
    "changes": "calls: by which the caller has changed a setting of its own",
    "story": "order: which one; lines: what happened in it",
    "placed": "count: foreign objects; lost: those that have changed",
    "struck": (
        "case: signal and moment; signal: its name; typed: whether at a terminal;"
        " amid: whether amid the work; status: exit code of the caller, None for no end;"
        " stopped: whether the caller was stopped; left: processes; text: all that was printed"
    ),
    # of the scenarios that an intruder attacks
    "warm": "",
    "over": "",
    "places": "queue: whether POSIX queues can be listed",
    "appeared": (
        "what: kind; name: of the object; round: number of the run; mode: permissions;"
        " place: directory; top: directly in it; port: of an address"
    ),
    # of the fork server
    "sent": "",
    "interrupted": "",
    "ended": "caller: pid; status: exit code",
    # of channels
    "case": "case: name; why: what is wrong, if anything; seconds: duration",
    "channel_ended": "point: of the fault; way: of it; partial: bytes; error: type; text: of it",
    "raised": "case: name; parts: of the text; worker: pid; error: type; text: of it",
}

# A message is less than PIPE_BUF, so that lines of several processes do not mix: pipe(7).
_LONGEST = 4000  # bytes
_SHORTENED = 8  # entries that are kept of a list in a message that is too long
_QUICK = 0.5  # seconds: half of what clauses allow
_KEPT = 500  # characters that are kept of the start of a long text, and of its end


def attempt(run: Run, n: Any, workers: Any) -> dict[str, Any]:
    """Call ``run(n, workers)``; return a value, or an error and its text, and the seconds."""
    outcome: dict[str, Any] = {}
    start = time.monotonic()
    try:
        outcome["value"] = run(n, workers)
        outcome["type"] = type(outcome["value"]).__name__
    except BaseException as error:  # noqa: BLE001 - any error is an outcome
        outcome["error"] = type(error).__name__
        outcome["exception"] = isinstance(error, Exception)
        outcome["mro"] = [kind.__name__ for kind in type(error).__mro__]
        outcome["text"] = text_of(error)
    outcome["seconds"] = time.monotonic() - start
    return outcome


def _identity(fd: int) -> tuple[int, int] | None:
    """Return what tells an open file from others, or None if *fd* is not open."""
    try:
        info = os.fstat(fd)
    except OSError:
        return None
    return info.st_dev, info.st_ino


def text_of(error: BaseException) -> str:
    """Return the text of *error*, whose class may be one of the user's: it may have none.

    The middle of a long one is left out: some begin with a traceback, and end with what was raised.
    """
    try:
        text = str(error)
    except BaseException as raised:  # noqa: BLE001 - whatever its __str__ does
        return f"<its text cannot be had: {type(raised).__name__}>"
    return text if len(text) <= 2 * _KEPT else f"{text[:_KEPT]}…{text[-_KEPT:]}"


class Log:
    """Writes messages to the harness: a line of JSON each, in one write.

    place: in a worker that has not been forked by the caller, the path of the caller's descriptor.
    """

    def __init__(self, fd: int, place: str = "") -> None:
        self._fd = fd
        self._pid = os.getpid()
        self._id = _identity(fd)
        self._in_worker = bool(place)
        self._place = place or f"/proc/{self._pid}/fd/{fd}"  # proc_pid_fd(5)

    def again(self) -> "Log":
        """Return a log for this process, if it was forked by the one that made this log."""
        return Log(self._fd)

    def fileno(self) -> int:
        """Return the descriptor to which this process writes."""
        return self._fd

    def __call__(self, kind: str, **facts: Any) -> None:
        """Write a message of *kind*, with the time, and the pid of this process or that given."""
        facts = {"pid": os.getpid()} | facts | {"kind": kind, "at": time.monotonic()}
        line = json.dumps(facts).encode()
        if len(line) > _LONGEST:
            facts |= {k: v[:_SHORTENED] for k, v in facts.items() if isinstance(v, list)}
            line = json.dumps(facts).encode()
        self._write([line, b"\n"])

    def _write(self, parts: list[bytes]) -> None:
        """Write in one call; in a worker this never raises, whatever it has done to descriptors."""
        if os.getpid() == self._pid and not self._in_worker:
            os.writev(self._fd, parts)  # not write(2), which a sweep may let fail
            return
        with contextlib.suppress(OSError):
            # A worker may have closed its descriptors, and have another file at this one's number.
            if _identity(self._fd) == self._id:
                os.writev(self._fd, parts)
                return
            fd = os.open(self._place, os.O_WRONLY | os.O_CLOEXEC)
            try:
                if _identity(fd) == self._id:
                    os.writev(fd, parts)
            finally:
                os.close(fd)

    def call(
        self, run: Run, n: Any, workers: Any, *, once: set[str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Call ``run(n, workers)``, and log its outcome: a value, or an error and its text.

        once: outcomes that have been logged; the same one for as many terms is not logged again.
        more: further fields of the message.
        """
        outcome: dict[str, Any] = {"n": repr(n), "workers": repr(workers)} | more
        if not once:
            self("called", **outcome)  # a hang is of the last call that has begun
        outcome |= attempt(run, n, workers)
        if outcome["seconds"] > _QUICK and (more or "error" in outcome):
            outcome["slowed"] = round(slowed(), 2)
        if os.getpid() != self._pid:
            self("strayed")
            os._exit(1)
        if once is not None:
            seen = repr((n, outcome.get("value", outcome.get("text"))))
            if seen in once:
                return outcome
            once.add(seen)
        try:
            self("outcome", **outcome)
        except TypeError:  # JSON cannot express the value
            outcome["value"] = repr(outcome["value"])
            self("outcome", **outcome)
        return outcome


class _Bound:
    """A function of a module with arguments, in a form that another process can read.

    request: the same as JSON: the address of the function, "MODULE:NAME", and its arguments.
    """

    def __init__(self, function: Callable[..., None], args: Any, kwargs: Any) -> None:
        name = function.__qualname__
        if not name.isidentifier():
            raise TypeError(f"{name} cannot be imported by its name")
        self.function = function
        self.args, self.kwargs = args, kwargs
        address = f"{function.__module__}:{name}"
        self.request = {"function": address, "args": list(args), "kwargs": kwargs}
        json.dumps(self.request)  # a TypeError here, where the arguments are given


class Call(_Bound):
    """A scenario with its arguments: it gets the transport and the log before them."""


class Injection(_Bound):
    """What is done to a worker, with its arguments: it gets the log and the worker's number."""

    def __call__(self, log: Log, number: int) -> None:
        """Do it to this process, child *number* of a run."""
        self.function(log, number, *self.args, **self.kwargs)


def call(
    scenario: Callable[Concatenate[ModuleType, Log, P], None], *args: P.args, **kwargs: P.kwargs
) -> Call:
    """Return *scenario* with its arguments, for `tests.harness.run_trial`."""
    return Call(scenario, args, kwargs)


def inject(
    function: Callable[Concatenate[Log, int, P], None], *args: P.args, **kwargs: P.kwargs
) -> Injection:
    """Return *function* with its arguments, for `tests.scenarios.injection.Births.arm`."""
    return Injection(function, args, kwargs)


def resolve(address: str) -> Callable[..., None]:
    """Return the function at "MODULE:NAME", of the suite."""
    module, _, name = address.partition(":")
    function: Callable[..., None] = getattr(names.module(module), name)
    return function
