"""Cases: what the code of a worker meets."""

# A docstring here says what is due.
# ruff: noqa: D401

import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from tests.unit.cases import (
    PI,
    WITH_A_NAME_AND_WITHOUT,
    Cases,
    collected,
    everything,
    falls_asleep,
    gates,
    handled,
    raised,
    short,
)
from transports import WorkerError

case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of channels: all this is for the supervisor to decide."""
run_case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of `run`."""


def _told(module: Any, look: Callable[[], object], workers: int = 1) -> set[str]:
    """Return what each of *workers* sees when it calls *look*, as text."""

    def work(link: Any) -> None:
        link.send(str(look()).encode())

    with module.channel(work, workers) as messages:
        return {bytes(message).decode() for _, message in messages}


def _nothing(signum: int, frame: FrameType | None) -> None:
    pass


# -- signals --------------------------------------------------------------------------------


@case
def the_mask_of_a_worker(module: Any) -> None:
    """It is that of the caller outside of the block, whatever signals the caller handles."""

    def mask() -> list[int]:
        return sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))

    with handled(signal.SIGTERM, _nothing), handled(signal.SIGUSR1, _nothing):
        seen = _told(module, mask, 2)
        assert seen == {"[]"}, f"the caller blocks no signal, its workers {seen}"
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
        seen = _told(module, mask, 2)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    due = str([int(signal.SIGUSR2)])
    assert seen == {due}, f"the caller blocks {due}, its workers {seen}"


@case
def what_a_worker_starts_gets_signals(module: Any) -> None:
    """SIGINT and SIGTERM end a process that a worker has started, for their action is default."""

    def ends() -> list[int]:
        found = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with subprocess.Popen(["sleep", "60"]) as process:  # noqa: S607
                process.send_signal(number)
                try:
                    found.append(-process.wait(5))
                except subprocess.TimeoutExpired:
                    found.append(0)
                    process.kill()
        return found

    with handled(signal.SIGTERM, _nothing), handled(signal.SIGUSR1, _nothing):
        (seen,) = _told(module, ends)
    due = str([int(signal.SIGINT), int(signal.SIGTERM), int(signal.SIGUSR1)])
    assert seen == due, f"it was to be ended by the signals {due}, but was by {seen} (0: by none)"


@case
def a_handler_of_a_worker(module: Any) -> None:
    """A worker's own handlers run, also of a signal that the caller handles."""

    def runs() -> int:
        hits = []
        for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda n, frame: hits.append(n))
            os.kill(os.getpid(), number)
        end = time.monotonic() + 5
        while len(hits) < 3 and time.monotonic() < end:
            time.sleep(0.001)
        return len(hits)

    with handled(signal.SIGALRM, _nothing), handled(signal.SIGTERM, _nothing):
        seen = _told(module, runs)
    assert seen == {"3"}, f"of its three handlers {seen} ran"


@case
def the_callers_handlers_in_a_worker(module: Any) -> None:
    """They do not run there: what the caller handles does nothing in a worker."""
    numbers = (signal.SIGUSR1, signal.SIGTERM, signal.SIGALRM)

    def handler(signum: int, frame: FrameType | None) -> None:
        os.write(said.writer, b"%d" % os.getpid())

    def work(link: Any) -> None:
        for number in numbers:
            os.kill(os.getpid(), number)
        time.sleep(0.005)
        link.send(b"lives")

    with gates(1) as (said,), contextlib.ExitStack() as handlers:
        for number in numbers:
            handlers.enter_context(handled(number, handler))
        came = everything(module, work)
        os.set_blocking(said.reader, False)
        with contextlib.suppress(BlockingIOError):
            raise AssertionError(f"the caller's handler ran in process {os.read(said.reader, 9)!r}")
    assert came == [(0, b"lives")], f"{short(came)} came"


@case.each(duplex=[False, True])
def a_signal_to_the_group(module: Any, duplex: bool) -> None:
    """What the caller handles, it handles alone, once; its workers go on, and so does the run."""
    pids: list[int] = []

    def handler(signum: int, frame: FrameType | None) -> None:
        pids.append(os.getpid())

    def work(link: Any) -> None:
        link.send(b"one")
        go.wait()
        link.send(link.receive() if duplex else b"two")

    with (
        gates(1) as (go,),
        handled(signal.SIGUSR1, handler),
        module.channel(work, 2, duplex=duplex) as messages,
    ):
        iterator = iter(messages)
        came = sorted(next(iterator) for _ in range(2))
        os.killpg(os.getpgrp(), signal.SIGUSR1)  # each case has a group of its own
        if duplex:
            messages.send(0, b"two")
            messages.send(1, b"two")
        go.open(2)
        came += sorted(iterator)
    due = [(worker, text) for text in (b"one", b"two") for worker in range(2)]
    assert came == due, f"{short(came)} came"
    assert pids == [os.getpid()], f"the handler ran in {pids}, the caller is {os.getpid()}"


@case.each(handler=["as usual", "its own", "ignored"])
def ctrl_c_in_a_worker(module: Any, handler: str) -> None:
    """SIGINT to a worker does nothing there: the caller answers Ctrl-C."""

    def work(link: Any) -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        ready.tell(os.getpid())
        time.sleep(0.02)
        link.send(link.receive())

    actions: dict[str, Any] = {"its own": _nothing, "ignored": signal.SIG_IGN}
    action = actions.get(handler, signal.default_int_handler)
    with (
        gates(1) as (ready,),
        handled(signal.SIGINT, action),
        module.channel(work, 1, duplex=True) as messages,
    ):
        pid = ready.hear()
        falls_asleep(pid)
        os.kill(pid, signal.SIGINT)  # while it sleeps, and while it waits for a message
        falls_asleep(pid)
        os.kill(pid, signal.SIGINT)
        messages.send(0, b"lives")
        came = collected(messages)
    assert came == {0: [b"lives"]}, f"{short(came)} came"


# -- the collector --------------------------------------------------------------------------


@case
def the_collector_in_a_worker(module: Any) -> None:
    """It is enabled if it is in the caller; what there was at the fork is frozen."""
    gc.unfreeze()
    start = gc.get_freeze_count()
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        seen = _told(module, lambda: (gc.isenabled(), gc.get_freeze_count() > start + 1000))
        gc.enable()
        due = {str((True, True))} if enabled else {str((False, frozen)) for frozen in (True, False)}
        assert seen <= due, (
            f"enabled, and many objects frozen: {due} was due in a worker, not {seen}"
        )
    assert gc.get_freeze_count() == start, "the caller's own objects have become frozen"


class _Cycle:
    alive = 0

    def __init__(self) -> None:
        self.me = self
        _Cycle.alive += 1

    def __del__(self) -> None:
        _Cycle.alive -= 1


@case
def garbage_in_a_worker(module: Any) -> None:
    """Cycles are collected there, as in any program."""

    def most() -> int:
        found = 0
        for _ in range(30_000):
            _Cycle()
            found = max(found, _Cycle.alive)
        return found

    (seen,) = _told(module, most)
    assert int(seen) < 15_000, f"of 30000 cycles {seen} were alive at once"


# -- output ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _output_file() -> Iterator[Callable[[], list[str]]]:
    """Let standard output and error be files with buffers; give what returns their lines."""
    before = sys.stdout, sys.stderr
    with (
        tempfile.NamedTemporaryFile("w+") as out,
        tempfile.NamedTemporaryFile("w+", buffering=8192) as err,
    ):
        sys.stdout, sys.stderr = out, err

        def lines() -> list[str]:
            out.flush()
            err.flush()
            return [line.strip() for name in (out.name, err.name) for line in open(name)]

        try:
            yield lines
        finally:
            sys.stdout, sys.stderr = before


@case.each(how=["returns", "raises", "sys.exit"])
def what_a_worker_prints(module: Any, how: str) -> None:
    """It comes once, and what the caller had printed before comes once, and first."""

    def work(link: Any) -> None:
        for file in (sys.stdout, sys.stderr):
            print("worker", link.worker, file=file)
        if how == "raises":
            raise ZeroDivisionError
        if how == "sys.exit":
            sys.exit(3)

    workers = 2 if how == "returns" else 1
    with _output_file() as lines:
        print("caller")
        print("caller", file=sys.stderr)
        try:
            with module.channel(work, workers) as messages:
                list(messages)
        except WorkerError:
            assert how != "returns"
        printed = lines()
    ones = ["caller", *(f"worker {n}" for n in range(workers))]
    halves = printed[: len(ones)], printed[len(ones) :]
    assert [sorted(half) for half in halves] == [ones, ones], f"{ones} was due twice, not {printed}"
    assert [half[0] for half in halves] == ["caller", "caller"], f"in another order: {printed}"


@run_case
def what_the_caller_has_printed(module: Any) -> None:
    """It comes once, whatever `run` does."""
    with _output_file() as lines:
        print("before")
        module.run(10, 3)
        print("after")
        printed = lines()
    assert printed == ["before", "after"], f"printed was {printed}"


@case
def no_standard_output(module: Any) -> None:
    """Where sys.stdout and sys.stderr are None, or closed, nothing is different."""
    before = sys.stdout, sys.stderr
    closed = open(os.devnull, "w")  # noqa: SIM115 - closed at once
    closed.close()
    for stream in (None, closed):
        sys.stdout = sys.stderr = stream
        try:
            value = module.run(100, 2)
            with module.channel(lambda link: link.send(b"x"), 2) as messages:
                came = collected(messages)
        finally:
            sys.stdout, sys.stderr = before
        assert abs(value - PI) < 1e-9, f"with {stream!r} for sys.stdout run returned {value}"
        assert came == {0: [b"x"], 1: [b"x"]}, f"with {stream!r} for sys.stdout {came} came"


class _Mute(Exception):  # noqa: N818 - an exception without a text
    def __str__(self) -> str:
        raise ValueError


@case
def the_text_of_an_exception(module: Any) -> None:
    """It is in WorkerError, whatever is in it; of a long text, some 500 bytes."""
    texts = {
        "cannot read " + os.fsdecode(b"caf\xe9.txt"): "cannot read caf\\udce9.txt",
        "x" * 2000: "x" * 400,
        "\udce9" * 600: "\\udce9" * 40,
        "ä" * 1000: "ä" * 200,
        "\U0001f40d" * 500: "\U0001f40d" * 100,
        "two\nlines": "two\nlines",
        "": "ValueError",
    }

    def work(link: Any) -> None:
        raise ValueError(text)

    for text, due in texts.items():
        what = f"a worker raises ValueError({short(text)})"
        error = raised(WorkerError, what, everything, module, work)
        assert due in str(error), f"{short(due)} was due in {short(str(error))}"

    def mute(link: Any) -> None:
        raise _Mute

    error = raised(WorkerError, "a worker raises what has no text", everything, module, mute)
    assert "_Mute" in str(error), f"the name of the exception was due in {error}"
