"""What may befall a process at each of its calls: a signal, or an error that the call returns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tests.gate.calls import BIRTHS, SENDS
from tests.gate.keeper import Record, Step
from tests.gate.policies import Order
from tests.gate.sweeps import Bases, stalls
from tests.system.call_errors import PASSING, RETRIED, errors_of

CALLER = "0"
"""The name of the first process."""

_ONCE, _THRICE, _ALWAYS = 1, 3, 0  # for Order.times


def _passes(step: Step, error: str) -> bool:
    """Tell whether a program may call again until the error comes no more."""
    return error in RETRIED or (step.call, error) in PASSING


def refusals(steps: Sequence[Step], who: str) -> Iterator[Order]:
    """Yield an order for each system call, by name, that the system may refuse the process *who*.

    From its first call of that name on, all return the first error that such a call may have.
    """
    seen = set[str]()
    for step in steps:
        if step.process != who or step.call in seen:
            continue
        for error in _errors(step):
            if not _passes(step, error):
                seen.add(step.call)
                yield Order(struck=step.named_place, fail=error, times=_ALWAYS)
                break


def failures(runs: Bases, *, caller: bool) -> Iterator[Order]:
    """Yield an order for each error of each call of the caller, or of the other processes.

    It comes once; and thrice where a program has to call again or may do so for ever, else for all
    later calls too.  The calls are those of the order in which the eldest goes on.
    """
    for step in _calls_of(runs[False], caller=caller):
        for error in _errors(step):
            for times in (_ONCE, _THRICE if _passes(step, error) else _ALWAYS):
                yield Order(struck=step.named_place, fail=error, times=times)


def signals(runs: Bases, names: Iterable[str], *, caller: bool) -> Iterator[Order]:
    """Yield an order for each call of the caller, or of the others, at which a signal comes.

    names: of the signals, each of which comes at each call.
    """
    for youngest, run in runs.items():
        for step in _calls_of(run, caller=caller):
            for name in names:
                yield Order(youngest, struck=step.named_place, signal=name)


def kills_in_stage(run: Record, stage: str, workers: Iterable[str]) -> Iterator[Order]:
    """Yield an order for each call in a stage of the life of *workers*, at which one is killed.

    stage: "before" the first send; at a send, "inside"; "after" the last one; the "exit".  A send
        gives bytes to what another process uses too.
    """
    for worker in workers:
        steps = [step for step in run.steps[run.begun :] if step.process == worker]
        sends = [at for at, step in enumerate(steps) if _sends(step, run)]
        first, last = (sends[0], sends[-1]) if sends else (len(steps), len(steps))
        chosen = {
            "before": steps[:first],
            "inside": [steps[at] for at in sends],
            "after": steps[last + 1 : -1],
            "exit": steps[-1:],
        }
        for step in chosen[stage]:
            yield Order(struck=step.named_place, signal="SIGKILL")


def kills_while_others_wait(run: Record, workers: Iterable[str]) -> Iterator[Order]:
    """Yield an order for each send of *workers*, at which one is held, and then killed.

    It dies when no other process can go on: those that need what it has wait for it.
    """
    for order in kills_in_stage(run, "inside", workers):
        places = (step.place for step in run.steps if step.named_place == order.struck)
        for place in places:
            yield replace(order, struck=place, held=place)


def _sends(step: Step, run: Record) -> bool:
    return step.call in SENDS and any(map(step.conflicts, run.steps))


def kills_of_two(runs: Bases, *, caller: bool) -> Iterator[Order]:
    """Yield an order for each call of a process, at which it and another one are killed.

    caller: whether one of the two is the caller; if not, neither of them is.
    """
    for youngest, run in runs.items():
        chosen = {*_calls_of(run, caller=False), *_calls_of(run, caller=True)}
        processes = sorted({step.process for step in chosen}, key=int)
        last = {step.process: at for at, step in enumerate(run.steps)}
        born = 0
        for at, step in enumerate(run.steps):
            for other in processes if step in chosen else ():
                lives = int(other) <= born and at < last[other]
                of_caller = CALLER in (step.process, other)
                if lives and other != step.process and of_caller == caller:
                    yield Order(youngest, struck=step.named_place, signal="SIGKILL", other=other)
            born += step.call in BIRTHS


def kills_in_stalls(runs: Bases) -> Iterator[Order]:
    """Yield orders in which a call is held, and a process, not the caller, is killed at each call.

    So it dies when all others have come as far as they can: at the held call if that is its own.
    """
    for order in stalls(runs):
        run = runs[order.youngest]
        if order.held in {step.place for step in run.steps[run.begun :]}:
            for step in _calls_of(run, caller=False):
                yield replace(order, struck=step.place, signal="SIGKILL")


def _calls_of(run: Record, *, caller: bool) -> list[Step]:
    """Return the calls of the caller, or of the other processes, from the begin of `run` on.

    Those that live before it begins, such as a server of workers, do not count if there are others.
    """
    old = {step.process for step in run.steps[: run.begun]} - {CALLER}
    steps = [s for s in run.steps[run.begun :] if (s.process == CALLER) == caller]
    return [step for step in steps if step.process not in old] or steps


def _errors(step: Step) -> list[str]:
    """Return the errors that a call may return."""
    path = step.thing.names[0] if step.thing and step.thing.names else ""
    found = errors_of(step.call, path)
    if step.thing and not step.thing.sleeps:
        return [error for error in found if error != "EINTR"]
    return found
