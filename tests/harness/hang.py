"""A hang in words: which run did not return, what had been done to it, and who waits where.

All functions are of text: they get what the harness has found out about a trial that hung.
"""

import linecache
import os
import re
import signal
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.system.waits import RUNNING

__all__ = [
    "CALLER",
    "PROVEN",
    "RUNNING",
    "Explained",
    "Frame",
    "Stuck",
    "circled",
    "explain",
    "frames_of",
    "idled",
    "is_own",
    "last_printed",
    "with_source",
]

CALLER = 0  # the number of the process that has called `run`

Message = dict[str, Any]

_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+.*:$")
_FRAME = re.compile(r'^  File "(.*)", line (\d+|\?+) in (.*)$')

_SUITE = ("/tests/scenarios/", "/tests/harness/")  # the code that calls `run`, and holds workers
_NOT_OWN = ("/site-packages/", "/lib/python")  # below the directory of a module there may be a venv

PROVEN = "all of its threads wait without a time limit, and no other process can wake them"

_MOST_GROUPS = 6  # of processes that wait at the same place
_LONGEST_LINE = 80  # characters that are shown of a line of source, or of what was printed

# Fields of a call whose worker had a fault: see KINDS in tests/scenarios/protocol.py.
_FAULTS = ("way", "where", "victims", "victim", "injected")


@dataclass(frozen=True)
class Stuck:
    """A process of a trial that hung, as it was then.

    pid: as the trial itself sees it, so that it can be compared with the pids in its messages.
    number: CALLER for the interpreter of the trial, from 1 on for the children of a run in the
        order of their birth, None for any other process.
    stack: what faulthandler writes of all of its threads; "" if it could not be had.
    waits_in: the system call in which it waits, such as "read(pipe)"; RUNNING if it does not wait;
        "" if that is not known.
    """

    pid: int
    number: int | None
    stack: str = ""
    waits_in: str = ""


class Frame(NamedTuple):
    """A frame of a stack."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}, line {self.line}, in {self.function}"


class Explained(NamedTuple):
    """A hang that was explained.

    text: some lines, the first of which says what did not return.
    signature: where the caller waits; two hangs with the same have the same cause. "" if unknown.
    of_a_death: whether a worker of the run that hung had been given a fault.
    run: n and workers of that run, as text; () if that is not known.
    computes_alone: whether the caller computes, and no other process of the run is alive.
    proven: whether it is proven that it would never have ended.
    """

    text: str
    signature: str = ""
    of_a_death: bool = False
    run: tuple[()] | tuple[str, str] = ()
    computes_alone: bool = False
    proven: bool = False


def frames_of(stack: str) -> list[list[Frame]]:
    """Return the frames of each thread in a dump of faulthandler, the innermost first."""
    threads: list[list[Frame]] = []
    for line in stack.splitlines():
        if _THREAD.match(line):
            threads.append([])
        elif threads and (match := _FRAME.match(line)):
            number = int(match[2]) if match[2].isdigit() else 0
            threads[-1].append(Frame(match[1], number, match[3]))
    return [thread for thread in threads if thread]


def is_own(file: str, target: str) -> bool:
    """Tell whether *file* is of the module *target*, or beside it."""
    target = target.partition(":")[0]  # without ":channel"
    if target.endswith(".py"):
        place = os.path.dirname(target) + "/"
        below = file.removeprefix(place)
        return file.startswith(place) and not any(part in f"/{below}" for part in _NOT_OWN)
    path = target.replace(".", "/")
    package = os.path.dirname(path)
    return f"/{file}".endswith((f"/{path}.py", f"/{path}/__init__.py")) or (
        bool(package) and f"/{package}/" in file
    )


def _is_of_the_suite(frame: Frame, target: str) -> bool:
    return any(part in frame.file for part in _SUITE) and not is_own(frame.file, target)


def _main_thread(stack: str, target: str) -> list[Frame]:
    """Return the frames of the thread to tell of: the last one that is in the module's code.

    CPython writes the newest thread first, so the main thread comes last.
    """
    threads = frames_of(stack)
    within = [thread for thread in threads if any(is_own(f.file, target) for f in thread)]
    return [*([] if not threads else threads[-1:]), *within][-1] if threads else []


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def with_source(frame: Frame) -> str:
    """Return the place of *frame*, and the line of source that is there now."""
    line = _shortened(linecache.getline(frame.file, frame.line).strip())
    return f"{frame}: `{line}`" if line else str(frame)


def _where(stuck: Stuck, target: str) -> str:
    """Return where a process waits or computes: the module's own line, then the library's call."""
    frames = _main_thread(stuck.stack, target)
    waits = stuck.waits_in not in ("", RUNNING)
    system_call = f"the system call {stuck.waits_in}" if waits else ""
    if not frames:
        return f"in {system_call}" if system_call else "at an unknown place"
    if _is_of_the_suite(frames[0], target):
        return f"where the suite holds it ({frames[0]})"
    own = next((at for at, frame in enumerate(frames) if is_own(frame.file, target)), None)
    if own is None:
        return ", ".join([f"in {frames[0]}", *filter(None, [system_call])])
    # A generator expression or a lambda is of the function around it.
    names = [f.function for f in frames[own:] if is_own(f.file, target) and f.function[0] != "<"]
    text = f"at {with_source(frames[own]._replace(function=(names or [frames[own].function])[0]))}"
    library = frames[:own]
    if library:
        text += f", in {library[-1].function} ({os.path.basename(library[-1].file)})"
    inner = [*filter(None, [str(library[0]) if len(library) > 1 else "", system_call])]
    return text + (f"; innermost: {', '.join(inner)}" if inner else "")


def _pending(messages: Sequence[Message]) -> dict[int, Message]:
    """Return, by pid, each call of `run` that has begun and not ended; the latest is the last."""
    pending: dict[int, Message] = {}
    for message in messages:
        if message["kind"] == "called":
            pending.pop(message["pid"], None)
            pending[message["pid"]] = message
        elif message["kind"] in ("outcome", "strayed"):
            pending.pop(message["pid"], None)
    return pending


def _way(way: Any) -> str:
    """Return what a worker did that was ended in *way*.

    way: "exit", "raise", a signal's number, or the name of a shape of `tests.scenarios.shapes`.
    """
    if way == "exit":
        return "exited with status 0 before it sent its result"
    if way == "raise":
        return "raised an exception"
    try:
        return f"died of {signal.Signals(int(way)).name}"
    except (TypeError, ValueError):
        return f"raised {way}" if isinstance(way, str) else "was ended"


def _fault(call: Message | None, messages: Sequence[Message]) -> str:
    """Return what had been done to the workers of *call*, as a clause of a sentence, or ""."""
    since = call["at"] if call else 0.0
    injected = [m for m in messages if m["kind"] == "injected" and m["at"] >= since]
    if injected:
        way = _way(injected[0].get("way", call.get("way") if call else None))
        pids = ", ".join(str(message["pid"]) for message in injected)
        many = len(injected) > 1
        return f"after {len(injected) if many else 'a'} worker{'s' * many} (pid {pids}) {way}"
    if call is None:
        return ""
    if "where" in call:
        return f"after a fault at this point: {call['where']}"
    if "victim" in call:
        return f"where child {call['victim']} was to die {call['delay']:.6f} s from its birth"
    if call.get("injected"):
        return "where a worker was to be killed, or to raise, before it sends its result"
    return ""


def circled(seconds: float) -> str:
    """Return how a hang was seen whose threads woke for nothing for so long."""
    return (
        f"its threads wake by time alone, and have gone back to where they were for {seconds:.2g} s"
    )


def idled(seconds: float) -> str:
    """Return how a hang was seen in which hardly any CPU was used for so long."""
    return f"its processes have hardly computed for {seconds:.2g} s"


def _head(call: Message | None, within: str, seen: str, messages: Sequence[Message]) -> str:
    run = "run" if call is None else f"run({call['n']}, {call['workers']})"
    case = f" (case: {call['case']})" if call and "case" in call else ""
    words = [f"{run}{case} did not return", within, _fault(call, messages)]
    return "; ".join(filter(None, [" ".join(filter(None, words)), seen])) + "."


def _signature(caller: Stuck | None, target: str) -> str:
    """Return the module's own line in which the caller waits, and the call that it waits in."""
    if caller is None:
        return ""
    frames = _main_thread(caller.stack, target)
    own = next((frame for frame in frames if is_own(frame.file, target)), None)
    return caller.waits_in if own is None else f"{frames[0].function} < {own}"


def _does(stuck: Stuck) -> str:
    return "computes" if stuck.waits_in == RUNNING else "waits"


def _others(caller: Stuck | None, stuck: Sequence[Stuck], target: str) -> list[str]:
    """Return a line for each place at which processes beside the caller wait."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for process in stuck:
        if process is caller or process.number == CALLER:
            continue  # the interpreter of the trial waits for a caller that it has forked
        name = f"worker {process.number}" if process.number else "process"
        places[_does(process), _where(process, target)].append(f"{name} (pid {process.pid})")
    lines = []
    for (doing, place), names in list(places.items())[:_MOST_GROUPS]:
        who = ", ".join(names)
        does = doing.removesuffix("s") if len(names) > 1 else doing
        lines.append(f"{who[0].upper()}{who[1:]} {does} {place}.")
    if len(places) > _MOST_GROUPS:
        lines.append(f"Others wait at {len(places) - _MOST_GROUPS} more places.")
    return lines


def last_printed(output: str) -> str:
    """Return the last line of *output*, of a worker's traceback it is the exception; or ""."""
    lines = output.strip().splitlines()
    return _shortened(lines[-1].strip()) if lines else ""


def _had_a_fault(call: Message) -> bool:
    return str(call.get("case", "")).startswith("death") or any(map(call.get, _FAULTS))


def explain(
    target: str,
    limit: float,
    messages: Sequence[Message],
    stuck: Sequence[Stuck],
    seen: str = "",
    output: str = "",
) -> Explained:
    """Return what is known of a trial that did not end.

    target: the module under test, as `support.module_of` names it.
    limit: the seconds after which it counted as a hang.
    messages: all messages of the trial.
    stuck: its processes that were alive then; empty if they could not be looked at.
    seen: how it was seen to be a hang before its limit: PROVEN, or what `circled` or `idled`
        returns; "" if it reached the limit.
    output: all that it had printed by then.
    """
    pending = _pending(messages)
    call = next(reversed(pending.values()), None)
    callers = [process for process in stuck if call and process.pid == call["pid"]]
    callers += [process for process in stuck if process.number == CALLER]
    caller = callers[0] if callers else None
    lines = [_head(call, "" if seen else f"within {limit:.3g} s", seen, messages)]
    if call is None and messages:
        lines[0] = lines[0].replace("run did", "The trial did")
    if caller is not None:
        lines.append(f"The caller (pid {caller.pid}) {_does(caller)} {_where(caller, target)}.")
    others = _others(caller, stuck, target)
    alone = caller is not None and not others
    computes = caller is not None and caller.waits_in == RUNNING
    if alone and not computes:
        others = ["No other process of the run is alive: nobody can end this wait."]
    lines += others
    if printed := last_printed(output):
        lines.append(f"The last line that was printed: {printed}")
    return Explained(
        "\n".join(lines),
        _signature(caller, target),
        call is not None and _had_a_fault(call),
        (call["n"], call["workers"]) if call else (),
        computes_alone=alone and computes,
        proven=seen == PROVEN,
    )
