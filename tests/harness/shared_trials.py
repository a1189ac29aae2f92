"""Trials that several clauses check: each runs once for a transport, when it is first needed."""

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Outcome, call, limits, plain, room
from tests.harness.chance import Chance
from tests.harness.trouble import not_judged
from tests.scenarios import (
    basics,
    faults,
    nested,
    orders,
    own_children,
    profiles,
    slow_forks,
    timeouts,
    two_threads,
)
from tests.scenarios.protocol import Call
from tests.system import processes
from tests.system.deadline import Deadline

# Those that do not end a process by default: signal(7), and SIGINFO of the BSDs.
_IGNORED = ["SIGCHLD", "SIGCONT", "SIGINFO", "SIGURG", "SIGWINCH"]
_STOP = ["SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"]


def _deadly() -> Iterator[int]:
    """Yield the signals that end a process: three of the real-time range, which are alike.

    Most of these have no name.
    """
    mild = {getattr(signal, name, None) for name in [*_IGNORED, *_STOP]}
    first = getattr(signal, "SIGRTMIN", max(signal.valid_signals()) + 1)
    last = getattr(signal, "SIGRTMAX", first)
    for number in sorted(signal.valid_signals() - mild):
        if number < first or number in (first, first + 1, last):
            yield int(number)


DEADLY = tuple(_deadly())

# In a sweep of orders. Workers that are forked make a hundred or two in a run; where they start an
# interpreter, it makes thousands, and not all orders are tried.
_CALLS = 40_000
_CALLS_IN_THREADS = 10_000  # in a sweep of the calls of a thread

_NO_OTHER_BORN = 0.5  # seconds
_STOPS_IN = 1.0  # seconds that a child may take to stop, after it has said that it stops next
_LOOK_EVERY = 0.01  # seconds between two looks
_ENDS_IN = 30.0  # seconds for a run of hundreds of workers
_SENDS_IN = 0.3  # seconds in which workers that were let go have sent

# Of the life of a worker, by its sends and its lock: see `tests.scenarios.faults`.
STAGES = ("before", "inside", "locked", "after", "exit")

_STARTED_IN = 0.2  # seconds in which the workers of a run have started, wherever they come from

_SWEEP = 20.0  # seconds, after which the points that are left are not tried
_ITS_LAST_RUN = 20.0  # seconds more: a run that has not ended then is a hang


@cache
def three_hundred(transport: str) -> tuple[Outcome, Outcome]:
    """Make 300 runs, while another process makes runs too, on one processor at first.

    Some of the runs have up to 24 workers, for what is lost where many of them meet.
    """
    with (
        harness.Trial(transport, call(basics.repeated, seed=2, times=300, crowds=8)) as one,
        harness.Trial(
            transport, call(basics.repeated, seed=3, times=24, crowds=3), beside=one
        ) as two,
    ):
        for trial in (one, two):  # both: an inventory would see the other's channels
            trial.hear_out("done", limit=60)
        return one.finish(20), two.finish(20)


@cache
def in_orders(transport: str, order: str | None) -> Outcome:
    """Run in many orders of system calls, or in one: see `tests.scenarios.orders`."""
    if order:
        scenario = call(orders.followed, n=30, workers=3, order=order)
    else:
        scenario = call(orders.swept, n=30, workers=3, kinds=["stalls"], calls=_CALLS)
    return harness.run_trial(transport, scenario, limit=60)


def in_two_threads(transport: str, order: str | None = None) -> Outcome:
    """Run in a thread amid a run of another one: see `tests.scenarios.two_threads`."""
    scenario = call(two_threads.amid, n=30, workers=2, calls=_CALLS_IN_THREADS, order=order)
    return harness.run_trial(transport, scenario, limit=60)


@cache
def with_refusals(transport: str) -> Outcome:
    """Let the system refuse the caller its calls: see `tests.scenarios.orders.refused`."""
    return harness.run_trial(transport, call(orders.refused, n=30, workers=3), limit=60)


@cache
def killed(transport: str, when: str, *how: str | int) -> Outcome:
    """End each of two workers in each of the ways *how*: see `tests.scenarios.faults.killed`."""
    return killed_of(transport, when, how, workers=2)


def killed_of(
    transport: str,
    when: str,
    how: Sequence[str | int],
    *,
    workers: int,
    several: int = 0,
    again: bool = False,
) -> Outcome:
    """Run `tests.scenarios.faults.killed` with that many *workers*."""
    if when == "work":
        _needs_workers_that_compute(transport)
    moment, n = harness.moment(transport, when, 1000)
    scenario = call(
        faults.killed, how=how, when=moment, n=n, workers=workers, several=several, again=again
    )
    return harness.run_trial(transport, scenario)


@cache
def everybody_ended(transport: str) -> Outcome:
    """End both workers at once amid their work, and run again: twice killed, then they raise."""
    how: list[str | int] = [signal.SIGKILL, signal.SIGKILL, "raise"]
    return killed_of(transport, "work", how, workers=2, several=-1, again=True)


def terms(transport: str, when: str) -> int:
    """Return the number of terms for a run with a fault at the "birth" or amid the "work"."""
    if when == "work":
        _needs_workers_that_compute(transport)
    return harness.moment(transport, when, 1000)[1]


def _needs_workers_that_compute(transport: str) -> None:
    if not harness.workers_compute(transport):
        not_judged("see A5: no process beside the caller was seen to compute")


@cache
def killed_at_c_calls(transport: str, stage: str) -> Outcome:
    """Kill each child at each of its calls into C that belong to *stage*, one of STAGES."""
    scenario = call(
        faults.killed_at_c_calls, stage=stage, workers=2, seconds=_SWEEP * limits.pace(transport)
    )
    return harness.run_trial(transport, scenario, limit=_SWEEP + _ITS_LAST_RUN)


@cache
def nested_runs(transport: str) -> Outcome:
    """Run where another run is under way."""
    return harness.run_trial(transport, call(nested.everywhere), limit=90)


@cache
def forked_meanwhile(transport: str) -> Outcome:
    """Run while the caller forks children of its own."""
    return harness.run_trial(transport, call(own_children.forked_meanwhile), limit=60)


@cache
def slow_forks_of(transport: str, workers: int) -> Outcome:
    """Let faults come while *workers* workers are being forked: see `slow_forks.struck`."""
    deaths = plain.deaths(transport).verdict != "HANG"  # else it takes long, and shows nothing new
    scenario = call(slow_forks.struck, workers=workers, deaths=deaths)
    return harness.run_trial(transport, scenario, limit=60)


@cache
def crowds_of(transport: str, workers: int) -> Outcome:
    """Let faults come when a run with *workers* workers that compute has begun."""
    return harness.run_trial(transport, call(slow_forks.crowds, workers=workers), limit=90)


def await_workers(trial: harness.Trial, transport: str, count: int, limit: float = 20.0) -> None:
    """Wait until *count* workers have logged their birth; for a moment where births are not met."""
    if harness.support(transport).births:
        trial.hear_out("born", count, limit)
    else:
        time.sleep(_STARTED_IN)


def await_held(trial: harness.Trial, count: int) -> None:
    """Wait until *count* children have stopped themselves at their birth, or after it.

    A transport may start a child only when another has come further: so this ends when no other
    one is born for a while.
    """
    born, deadline = _await_births(trial, count), Deadline(_STOPS_IN)
    while not deadline.is_over():
        # Where there is no /proc, there is nothing to look at, and they have all the time.
        if all(trial.world.state(pid) in processes.STOPPED for pid in born):
            break
        time.sleep(_LOOK_EVERY)


def let_end(trial: harness.Trial, seconds: float) -> None:
    """Let the children of a dead caller go on, wherever they have stopped, until all have ended.

    seconds: for which they may live on.
    """
    deadline, chance = Deadline(seconds), Chance(trial.world)
    while (alive := trial.survivors()) and not chance.is_over(deadline, alive):
        for pid in alive:  # one may be born, and stop itself, only now
            _signal(trial, pid, signal.SIGCONT)
        time.sleep(_LOOK_EVERY)


def let_all_send(trial: harness.Trial, workers: int) -> None:
    """Let workers that stopped themselves at their births go on all at once, the caller stopped.

    A transport may start the next one only when another has ended: so those that come later go on
    as soon as no other is born for a while.
    """
    born = _await_births(trial, workers)
    _signal(trial, trial.process.pid, signal.SIGSTOP)
    for pid in born:
        _signal(trial, pid, signal.SIGCONT)
    time.sleep(_SENDS_IN)
    _signal(trial, trial.process.pid, signal.SIGCONT)
    deadline = Deadline(_ENDS_IN)
    while True:
        try:
            trial.expect("done", limit=_NO_OTHER_BORN)
        except harness.Hang:
            # One that was let go just before it stopped itself is still stopped.
            held = _stopped(trial)
            if deadline.is_over() or not (held or trial.waited):  # none of them has computed
                raise
            for pid in held:
                _signal(trial, pid, signal.SIGCONT)
        else:
            return


def _stopped(trial: harness.Trial) -> list[int]:
    """Return the children that the suite has stopped."""
    born, stats = _born(trial), trial.world.stats()
    return [stat.pid for stat in stats if stat.state in processes.STOPPED and stat.pid in born]


def _await_births(trial: harness.Trial, count: int) -> set[int]:
    """Return the pids of *count* children, or of those born until no other one is for a while."""
    born = _born(trial)
    while len(born) < count and (came := trial.listen(_NO_OTHER_BORN)):
        born |= {message["pid"] for message in came if message["kind"] == "born"}
    return born


def _born(trial: harness.Trial) -> set[int]:
    return {message["pid"] for message in trial.outcome.of("born")}


def _signal(trial: harness.Trial, pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        trial.world.kill(pid, number)


def workers_to_fork(record_property: RecordProperty, clause: str) -> int:
    """Return how many workers to fork slowly; skip where there is no room for them.

    So many that those after the fault take a second and a half.
    """
    wanted = slow_forks.BEFORE + int(1.5 * limits.SECOND / slow_forks.EACH)
    return room.workers(record_property, clause, wanted, least=wanted)


def asked(request: pytest.FixtureRequest, fixture: str) -> list[str]:
    """Return the modules of the supported transports whose tests use *fixture*."""
    names = {
        harness.module_of(str(item.callspec.params["transport"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and fixture in item.fixturenames
    }
    return sorted(name for name in names if harness.unsupported(name) is None)


@contextlib.contextmanager
def _at_once(transports: Sequence[str], scenario: Call) -> Iterator[dict[str, harness.Trial]]:
    """Run *scenario* with each of *transports*, all at once."""
    with contextlib.ExitStack() as stack:
        yield {
            transport: stack.enter_context(harness.Trial(transport, scenario))
            for transport in transports
        }


def _outcomes(trials: dict[str, harness.Trial], limit: float) -> dict[str, Outcome]:
    """Return the outcome of each when all are done.

    Where they share the machine, each inventory would have the others' channels.
    """
    for trial in trials.values():
        trial.hear_out("done", limit=limit)
    return {transport: trial.finish(1) for transport, trial in trials.items()}


@cache
def waits(transports: tuple[str, ...]) -> dict[str, Outcome]:
    """Let a run of each of *transports* wait for its stopped children for 2 s, all at once.

    The first one that was born goes on: the caller waits for the others when one has ended.  In two
    more runs it waits for a second: for workers that have not sent yet, and that have sent.
    """
    with _at_once(transports, call(basics.stopped, n=100, workers=3)) as trials:
        for trial in trials.values():
            trial.hear_out("births")
            for births in trial.outcome.of("births"):
                # Of none, they are stopped amid their work; one alone starts the workers itself.
                trial.hear_out("born", min(3, births["count"] or 3))
                # A helper may be ended before it logs its birth.
                trial.hear_out("born", births["count"], limit=0.5)
        for trial in trials.values():
            for child in trial.outcome.of("born")[:1]:
                _signal(trial, child["pid"], signal.SIGCONT)
        sleeps = {"birth": _rest(trials, 2)}
        _go_on(trials, runs=1)
        for turn, stage in enumerate(profiles.HELD, 1):
            for trial in trials.values():
                trial.hear_out("stopped", 3 * turn, limit=1)
            sleeps[stage] = _rest(trials, 1)
            _go_on(trials, runs=1 + turn)
        outcomes = _outcomes(trials, limit=1)
    for name, outcome in outcomes.items():
        for waited in outcome.of("waited"):
            # What the caller counts itself is of its whole run.
            waited["wakes"] = sleeps[waited["stage"]].get(name, waited["wakes"])
    return outcomes


def _rest(trials: dict[str, harness.Trial], seconds: float) -> dict[str, int]:
    """Let *seconds* go by; return how often each caller went to sleep meanwhile, if it is seen.

    It is twice what it was in the half with the fewer: an event, such as the last worker that stops
    on a busy machine, is no interval at which the caller polls.
    """
    tasks = {name: t.world.proc(t.process.pid, "task") for name, t in trials.items()}
    seen = []
    for pause in (0.0, seconds / 2, seconds / 2):
        time.sleep(pause)
        seen.append({name: processes.sleeps(path) for name, path in tasks.items()})
    found = {}
    for name in trials:
        first, second, third = (look[name] for look in seen)
        if first is not None and second is not None and third is not None:
            found[name] = 2 * min(second - first, third - second)
    return found


def _go_on(trials: dict[str, harness.Trial], runs: int) -> None:
    """Let stopped children go on until each trial has waited in so many *runs*, or is done."""
    waiting, until = list(trials.values()), time.monotonic() + 20
    while waiting and time.monotonic() < until:
        for trial in waiting:
            # New ones too: a launcher that was stopped starts its workers only now.
            for child in trial.outcome.of("born", "stopped"):
                _signal(trial, child["pid"], signal.SIGCONT)
        for trial in waiting:
            trial.hear_out("waited", runs, limit=0.2)
        waiting = [
            trial
            for trial in waiting
            if len(trial.outcome.of("waited")) < runs and trial.process.poll() is None
        ]


def slow(transports: Sequence[str], seconds: float) -> dict[str, Outcome]:
    """Run each of *transports*, all at once, with children that start *seconds* late."""
    with _at_once(transports, call(timeouts.slow, seconds=seconds)) as trials:
        return _outcomes(trials, limit=seconds * 3)
