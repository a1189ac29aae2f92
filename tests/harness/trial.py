"""A trial: one scenario with one transport, in a fresh interpreter, with a hard limit of time."""

import contextlib
import json
import os
import select
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.harness import hang, limits, machine
from tests.harness.apart import REFERENCE_ROOMS, Apart, divide, refused
from tests.harness.chance import Chance
from tests.harness.outcome import Hang, Message, Outcome
from tests.harness.places import SHARED, base_directory, environment, needed
from tests.harness.silence import Silence
from tests.harness.stuck import look
from tests.harness.worlds import Process, Streams, World
from tests.scenarios.protocol import Call
from tests.system import resources
from tests.system.deadline import Deadline
from tests.system.files import remove_tree

_SHARED_FILES = SHARED[:2]  # where many programs make files

_AMID_LISTENING = 0.05  # seconds after which `expect` looks at the clock again
_READ = 65536  # bytes at a time, the size of a pipe: pipe(7)

# Seconds that a process may outlive the interpreter: one that serves a caller, such as the resource
# tracker of multiprocessing, ends when it sees the end of its caller, which takes a moment.
_LET_GO_EVERY = 0.5  # seconds
_HELPER_ENDS_IN = 1.0


class Left(NamedTuple):
    """Something that outlives a trial: its verdict, what it is, and whether of a shared kind."""

    verdict: str
    what: str
    shared: bool


def make_world(target: str, env: Mapping[str, str]) -> World:
    """Return a world for a trial of *target* with the variables *env*."""
    if refused():
        return machine.Machine()
    reference = target.startswith("transports.")
    return Apart(needed(target, env), REFERENCE_ROOMS if reference else ())


class Trial:
    """A running trial.  Leaving the context ends all of its processes.

    target: the module of the transport, as `support.module_of` names it.
    scenario: a function of `tests.scenarios` with its arguments, by `harness.call`.
    env: environment variables to add.
    beside: another trial, in whose world this one is to be: each sees what the other makes.
    """

    def __init__(
        self,
        target: str,
        scenario: Call,
        env: Mapping[str, str] | None = None,
        *,
        beside: "Trial | None" = None,
    ) -> None:
        self.outcome = Outcome()
        self.shared_leaks = 0  # faults that another program may have caused
        self._place = Path(tempfile.mkdtemp(dir=base_directory()))
        self.private = [self._place / name for name in ("tmp", "cwd", "home")]
        for directory in self.private:
            directory.mkdir()
        self._owns_world = beside is None
        self.world: World = beside.world if beside else make_world(target, env or {})
        self._interpreters: set[int] = beside._interpreters if beside else set()
        self.process = self._start(env or {})
        self._interpreters.add(self.process.pid)
        self._rest = b""
        self._target = target
        self.waited = 0.0
        """The seconds after which it counted as a hang; 0 if it had been seen to be one before."""
        self._pace = limits.pace(target)
        self._silence = Silence(self.world, target, self.process.pid)
        self._before = self.inventory()
        self.tell(
            {
                "target": target,
                "call": scenario.request,
                "shared": divide([])[1],
                "private": base_directory(),
            }
        )

    def _start(self, env: Mapping[str, str]) -> Process:
        stdin, writer = os.pipe()
        self._stdin = open(writer, "wb", buffering=0)  # noqa: SIM115 - closed by close_stdin
        self._reader, log = os.pipe()
        os.set_blocking(self._reader, False)
        # Output goes to files, not to pipes: an orphan would hold a pipe open.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        output, stacks = (os.open(self._place / name, flags) for name in ("output", "stacks"))
        whole = environment(self.private[0], self.private[2]) | dict(env)
        try:
            return self.world.run(
                Streams(stdin, output, output), log, stacks, str(self.private[1]), whole
            )
        finally:
            for fd in (stdin, log, output, stacks):
                os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_stdin()
        if self._owns_world:
            self.world.close()
        os.close(self._reader)
        remove_tree(str(self._place))

    def close_stdin(self) -> None:
        """Let the scenario find the end of its standard input."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()

    def inventory(self) -> resources.Inventory:
        """Return what exists now in all places where this trial could leave something."""
        return self.world.inventory([*map(str, self.private), *SHARED])

    def survivors(self) -> list[int]:
        """Return the living processes of this world except the interpreters."""
        suite = self._interpreters | self._watchers()
        return [pid for pid in self.world.pids() if pid not in suite]

    def _watchers(self) -> set[int]:
        """Return the processes by which a scenario watches workers: tests.scenarios.watching."""
        return {message["pid"] for message in self.outcome.of("watches")}

    def kill_survivors(self) -> None:
        """Kill all processes of this trial except the interpreter itself."""
        for pid in self.survivors():
            with contextlib.suppress(ProcessLookupError):
                self.world.kill(pid, signal.SIGKILL)

    def _is_for_ever(self, deadline: Deadline) -> bool:
        return self._silence.is_for_ever(deadline, self._watchers())

    def listen(self, seconds: float) -> list[Message]:
        """Return the messages that have come; wait up to *seconds* if there is none yet."""
        poller = select.poll()
        poller.register(self._reader, select.POLLIN)
        if not poller.poll(max(0.0, seconds) * 1000):
            return []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._reader, _READ):
                self._rest += data
            if not self._rest:  # end of file: nobody is left who could write
                time.sleep(min(0.005, max(0.0, seconds)))  # or the caller's loop would be busy
        *lines, self._rest = self._rest.split(b"\n")
        messages = [json.loads(line) for line in lines]
        if messages:
            self._silence.heard()
        self.outcome.messages += messages
        return messages

    def expect(self, kinds: str, count: int = 1, limit: float = 20.0) -> list[Message]:
        """Wait until there are *count* messages of *kinds*, and return these; Hang if not.

        kinds: one kind, or several with a space between them, each of which counts.
        """
        deadline = Deadline(limit * self._pace)
        ended = False
        while len(found := self.outcome.of(*kinds.split())) < count:
            quiet = self._is_for_ever(deadline)
            if ended or quiet or deadline.is_over(self._silence.is_idle()):
                self.waited = 0.0 if quiet else limit * self._pace * deadline.stretched
                raise Hang(f"{len(found)} of {count} messages of kind {kinds!r} within {limit} s")
            ended = self.process.poll() is not None  # then read once more what it wrote
            self.listen(0.0 if ended else _AMID_LISTENING)
        return found

    def hear_out(self, kind: str, count: int = 1, limit: float = 20.0) -> None:
        """Wait for *count* messages of *kind*; if they do not come, finish() finds out why."""
        with contextlib.suppress(Hang):
            self.expect(kind, count, limit)

    def tell(self, request: Any) -> None:
        """Write *request*, as a line of JSON, to the standard input of the scenario."""
        with contextlib.suppress(BrokenPipeError):  # it has ended, which finish() reports
            self._stdin.write(json.dumps(request).encode() + b"\n")

    def ask(self, *request: Any, limit: float = 20.0) -> Message:
        """Send *request* to the scenario `basics.serve`, and return the outcome."""
        count = len(self.outcome.of("outcome"))
        self.tell(request)
        return self.expect("outcome", count + 1, limit)[-1]

    def finish(self, limit: float, patience: float = 0.0) -> Outcome:
        """Wait for the end of the interpreter; add the faults of its end and of what is left.

        limit: seconds until it is a HANG.
        patience: for a caller that was killed, the seconds that its processes and objects may
            outlive it; 0 for a caller that ends by itself.
        """
        self.close_stdin()
        deadline = Deadline(limit * self._pace)
        quiet, let_go = False, time.monotonic()
        while self.process.poll() is None and not (quiet := self._is_for_ever(deadline)):
            if deadline.is_over(self._silence.is_idle()):
                break
            self.listen(0.02)
            # The interpreter may wait at its exit for children that have outlived their run.
            if time.monotonic() - let_go > _LET_GO_EVERY:
                self._let_go()
                let_go = time.monotonic()
        self.listen(0)
        outcome = self.outcome
        outcome.output = (self._place / "output").read_text(errors="replace")
        if self.process.poll() is None:
            self.waited = 0.0 if quiet else limit * self._pace * deadline.stretched
            self._explain()
            return outcome
        self._check_end(killed=patience > 0)
        self._check_left(patience)
        return outcome

    def finish_hung(self, why: str) -> Outcome:
        """Add the HANG of a trial in which a message was waited for in vain.

        why: the message, for a trial that has ended without it.
        """
        if self.process.poll() is None:
            self._explain()
            return self.outcome
        limits.set_hung(self._target)
        self.outcome.add_fault("HANG", why)
        return self.finish(0)

    def _explain(self) -> None:
        """Add a HANG, with what each process waits for."""
        outcome = self.outcome
        outcome.output = (self._place / "output").read_text(errors="replace")
        numbers = {message["pid"]: message["number"] for message in outcome.of("born")}
        numbers[self.process.pid] = hang.CALLER
        stuck = look(self.world, self._place / "stacks", numbers, self._watchers())
        seen = self._seen()
        limits.set_hung(self._target)
        found = hang.explain(
            self._target, self.waited, outcome.messages, stuck, seen, outcome.output
        )
        outcome.add_hang(found)

    def _seen(self) -> str:
        """Return how this was seen to be a hang before its limit, "" if it was not."""
        if self._silence.proven:
            return hang.PROVEN
        if self._silence.circles:
            return hang.circled(limits.circling(self._target))
        return "" if self.waited else hang.idled(limits.quiet(self._target))

    def _check_end(self, *, killed: bool) -> None:
        """Add the faults of how the interpreter has ended, and of what it has printed."""
        outcome, status = self.outcome, self.process.returncode
        pids = {message["pid"] for message in outcome.of("done", "strayed")}
        if strays := pids - {self.process.pid}:
            outcome.add_fault("DISTURBED", f"workers {strays} came back into the caller's code")
        if not killed and (status or not outcome.of("done")):
            outcome.add_fault("CRASH", f"exit status {status}\n{outcome.output[-2000:]}")
        elif outcome.output:
            outcome.add_fault("DISTURBED", f"printed: {outcome.output[-500:]}")

    def _check_left(self, patience: float) -> None:
        """Add the faults of what is left in the system and in the interpreter."""
        left = self.left(self._before)
        if left:
            left = self._left_after(patience)
        for verdict, what, shared in left:
            self.outcome.add_fault(verdict, what)
            self.shared_leaks += shared
        for message in self.outcome.of("inside"):
            for entry in message["new"]:
                self.outcome.add_fault("LEAK", f"in the caller, {resources.Resource(*entry)}")

    def _left_after(self, patience: float) -> list[Left]:
        """Return what is still left when its time to go is over."""
        deadline, chance = Deadline(max(patience, _HELPER_ENDS_IN)), Chance(self.world)
        while left := self.left(self._before):
            leak = any(found.verdict == "LEAK" for found in left)
            if (leak and not patience) or chance.is_over(deadline, self.survivors()):
                break
            self._let_go()
            time.sleep(0.02)
        return left

    def _let_go(self) -> None:
        """Let those go on that have stopped themselves for the suite after the end of their run."""
        self.listen(0)
        stopped = {message["pid"] for message in self.outcome.of("stopped")}
        for pid in stopped & {*self.survivors()}:
            with contextlib.suppress(ProcessLookupError):
                self.world.kill(pid, signal.SIGCONT)

    def left(self, before: resources.Inventory) -> list[Left]:
        """Return each process that lives on, and each thing that was not there *before*.

        A child that the caller has forked for itself is not of the run, and may live.
        """
        foreign = {message["pid"] for message in self.outcome.of("foreign")}
        pids = [pid for pid in self.survivors() if pid not in foreign]
        orphans = [Left("ORPHAN", f"process {pid} lives on", False) for pid in pids]
        leaks = [
            Left("LEAK", str(found), _is_shared(found))
            for found in resources.added(before, self.inventory())
            if may_be_ours(self.outcome, found)
        ]
        return orphans + leaks


def may_be_ours(outcome: Outcome, found: resources.Resource) -> bool:
    """Tell whether the trial of *outcome* may have made something new: many programs use /tmp."""
    if not refused():
        return True
    if found.kind == resources.POSIX_QUEUE and found.size and outcome.of("foreign"):
        # Bytes of queues, with or without a name.  A child of the caller's own lives on, and
        # has all its descriptors: with them, a queue whose name was removed in time.
        return False
    if found.place not in _SHARED_FILES:
        return True
    # Few programs make sockets and FIFOs; and code in another language than Python may make
    # them, of which no audit event tells.
    named = {message["name"] for message in outcome.of("named")}
    return found.kind in ("socket", "fifo") or found.name in named


def _is_shared(found: resources.Resource) -> bool:
    """Tell whether other programs make such things in the same place."""
    if not refused():
        return False
    return found.kind in (resources.SYSTEM_V, resources.POSIX_QUEUE) or found.place in SHARED


def run_trial(
    target: str,
    scenario: Call,
    *,
    limit: float = 20.0,
    act: Callable[[Trial], None] | None = None,
    env: dict[str, str] | None = None,
) -> Outcome:
    """Run *scenario* with the module *target*; return the outcome.

    limit: seconds for all of it.
    act: called with the running trial, to do something to it from outside.
    env: environment variables to add.

    Where trials share the machine, another program may have made what is new in a shared place.
    So a trial whose only faults are such leaks is run again, and these faults count if it leaves
    something each of three times.
    """
    for _ in range(3):
        with Trial(target, scenario, env) as trial:
            try:
                if act is not None:
                    act(trial)
            except Hang as lost:
                trial.finish_hung(str(lost))
            else:
                trial.finish(limit)
        if len(trial.outcome.faults) > trial.shared_leaks or not trial.outcome.faults:
            break
    return trial.outcome
