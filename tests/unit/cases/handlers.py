"""Cases: handlers of signals that run while the caller, or a worker, is in a channel."""

# A docstring here says what is due.
# ruff: noqa: D401, PT017

import contextlib
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from tests.unit.cases import (
    KINDS,
    LIMIT,
    PI,
    Cases,
    Tick,
    collected,
    echo,
    falls_asleep,
    gates,
    handled,
    is_whole,
    raised,
    short,
    stays_broken,
)
from transports import WorkerError

case = Cases()
kind_case = Cases(KINDS)
"""What the code that transports have in common decides."""

_ALARM, _USR1 = signal.SIGALRM, signal.SIGUSR1


# -- while an iteration waits ---------------------------------------------------------------


@case.each(iterator=["the same"], workers=[3], timeout=[None])
@kind_case.each(iterator=["the same"], workers=[1], timeout=[None, 60])
@kind_case.each(iterator=["a new one"], workers=[3], timeout=[None, 60])
def going_on_after_an_exception(
    module: Any, iterator: str, workers: int, timeout: float | None
) -> None:
    """A handler raises while an iteration waits; the caller goes on: all comes, in order, once."""
    caller, ticks = os.getpid(), [0]
    texts = [b"%d" % number for number in range(4)]

    def handler(signum: int, frame: FrameType | None) -> None:
        ticks[0] += 1
        handled_it.open()
        raise Tick(ticks[0])

    def work(link: Any) -> None:
        if link.worker > 0:  # its messages come first
            for text in texts:
                link.send(text)
            others.wait()
            return
        for text in texts:
            stored.wait()
            falls_asleep(caller)
            os.kill(caller, _USR1)
            handled_it.wait()
            link.send(text)
        others.open(workers - 1)

    came: dict[int, list[bytes]] = {worker: [] for worker in range(workers)}
    caught = 0
    with (
        gates(3) as (stored, handled_it, others),
        handled(_USR1, handler),
        module.channel(work, workers, duplex=workers > 1, timeout=timeout) as messages,
    ):
        if workers == 1:
            stored.open()
        same = iter(messages)
        while True:
            try:
                worker, message = next(same if iterator == "the same" else iter(messages))
            except StopIteration:
                break
            except Tick:
                caught += 1
                continue
            came[worker].append(bytes(message))
            if sum(map(len, came.values())) >= len(texts) * (workers - 1):
                stored.open()
    assert caught == ticks[0], f"{ticks[0]} exceptions of a handler, {caught} came out"
    assert came == dict.fromkeys(range(workers), texts), (
        f"no error, and of {texts} of each worker {short(came)} came"
    )


# -- amid send ------------------------------------------------------------------------------


class _Cutter:
    """A handler that raises once each time that it is armed, by a timer."""

    def __init__(self) -> None:
        self.armed = False
        self.raised = 0

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Raise, if armed."""
        if self.armed:
            self.armed = False
            self.raised += 1
            raise Tick(self.raised)


_CUTS, _CHANNELS = 8, 16  # sends that are cut off; channels that are opened for that at most
_COUNTS = {100: 3000, 100_000: 100}  # messages by size: more than it holds, so `send` waits


def _text(number: int, size: int) -> bytes:
    return b"%010d" % number * (size // 10)


@case.each(size=[100_000], timeout=[None])
@kind_case.each(size=[100], timeout=[60])
def an_exception_amid_send(module: Any, size: int, timeout: float | None) -> None:
    """A handler raises amid `send`: only whole messages come, or each further use is an error."""

    def work(link: Any) -> None:
        numbers = []
        while (message := link.receive()) != b"end":
            number = int(message[:10])
            assert message == _text(number, size), f"{len(message)} bytes came that nobody sent"
            numbers.append(number)
            if number % 50 == 0:
                time.sleep(0.0005)
        link.send(b",".join(b"%d" % number for number in numbers))

    cutter, caught, broken, channels = _Cutter(), 0, 0, 0
    with handled(_ALARM, cutter):
        while caught < _CUTS and channels < _CHANNELS:
            channels += 1
            whole, cut = set(), set()
            with module.channel(work, 1, duplex=True, timeout=timeout) as messages:
                signal.setitimer(signal.ITIMER_REAL, 0.0015, 0.0013)
                errors: list[BaseException] = []
                for number in range(_COUNTS[size]):
                    try:
                        try:
                            cutter.armed = True
                            messages.send(0, _text(number, size))
                        finally:
                            cutter.armed = False
                    except Tick as tick:
                        caught += 1
                        cut.add(number)
                        errors.append(tick)
                    except RuntimeError as later:
                        assert later.__cause__ in errors, (
                            f"after {errors}: {later!r}, whose __cause__ is {later.__cause__!r}"
                        )
                        break
                    else:
                        whole.add(number)
                signal.setitimer(signal.ITIMER_REAL, 0)
                if (cause := _send_the_end(messages)) is not None:
                    assert cause in errors, f"after {errors}: an error from {cause!r}"
                    broken += 1
                    stays_broken(messages, cause, duplex=True)
                    continue
                came = [int(n) for n in collected(messages)[0][0].split(b",")]
            assert came == sorted(set(came)), f"out of order, or twice: {short(came)}"
            lost, strange = whole - set(came), set(came) - whole - cut
            assert not lost, f"sent and lost: messages {sorted(lost)}"
            assert not strange, f"came and were not sent: {sorted(strange)}"
    assert caught == cutter.raised, f"{cutter.raised} exceptions, {caught} came out of send"
    print(f"{caught} sends were cut off, and {broken} channels broken by that")


def _send_the_end(messages: Any) -> BaseException | None:
    """Send the end; return the cause why that is not possible, or None."""
    try:
        messages.send(0, b"end")
    except RuntimeError as error:
        return error.__cause__ or error
    return None


# -- no exception is swallowed --------------------------------------------------------------


_ROUNDS = 10  # channels in which a handler raises once at some time


def _to_and_fro(module: Any, quiet: bool, duplex: bool) -> None:
    """Carry 60 messages of each of two workers, and as many back if *duplex*."""

    def work(link: Any) -> None:
        for _ in range(60):
            if duplex:
                link.receive()
            link.send(b"x")
            if quiet:
                time.sleep(0.0005)

    with module.channel(work, 2, duplex=duplex) as messages:
        left = [60, 60]
        if duplex:
            messages.send(0, b"x")
            messages.send(1, b"x")
        for worker, _ in messages:
            left[worker] -= 1
            if duplex and left[worker]:
                messages.send(worker, b"x")


@kind_case.each(quiet=[False], duplex=[False])
@kind_case.each(quiet=[True], duplex=[True])
def an_exception_comes_out(module: Any, quiet: bool, duplex: bool) -> None:
    """What a handler raises anywhere in the block comes out of it, and is never swallowed."""
    hits = [0]

    def handler(signum: int, frame: FrameType | None) -> None:
        hits[0] += 1
        raise SystemExit(3)

    start = time.monotonic()
    _to_and_fro(module, quiet, duplex)
    usual = time.monotonic() - start
    caught = 0
    with handled(_ALARM, handler):
        for _ in range(_ROUNDS):
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, usual))
                _to_and_fro(module, quiet, duplex)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except SystemExit:
                caught += 1
    assert caught == hits[0], (
        f"of {hits[0]} SystemExit of a handler, in {_ROUNDS} channels, {caught} came out"
    )
    print(f"{caught} exceptions in {_ROUNDS} channels")


# -- handlers that return, and that use the module ------------------------------------------


@kind_case.each(timeout=[None, 60])
def many_harmless_signals(module: Any, timeout: float | None) -> None:
    """The caller waits for one message amid signals whose handler returns: more than frames."""
    count, many = mmap.mmap(-1, 4), sys.getrecursionlimit() + 100

    def seen() -> int:
        return int.from_bytes(count[:], "little")

    def handler(signum: int, frame: FrameType | None) -> None:
        count[:] = (seen() + 1).to_bytes(4, "little")

    def work(link: Any) -> None:
        end = time.monotonic() + LIMIT
        while seen() < many and time.monotonic() < end:
            time.sleep(0.005)
        link.send(b"late")

    with handled(_ALARM, handler), module.channel(work, 1, timeout=timeout) as messages:
        signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
        came = collected(messages)
    count.close()
    assert came == {0: [b"late"]}, f"b'late' was due, {short(came)} came"


@contextlib.contextmanager
def _nested(module: Any, outer: list[Any]) -> Iterator[list[BaseException]]:
    """Set a handler of SIGUSR1 that runs the module, opens a channel, and uses the outer one."""
    errors: list[BaseException] = []

    def handler(signum: int, frame: FrameType | None) -> None:
        try:
            value = module.run(100, 2)
            assert abs(value - PI) < 1e-9, f"run(100, 2) in a handler returned {value}"
            with module.channel(echo, 1, duplex=True) as inner:
                is_whole(inner, 1)
            for messages in outer:
                raised(RuntimeError, "send in a handler amid a use", messages.send, 0, b"no")
                raised(RuntimeError, "next in a handler amid a use", lambda: next(iter(messages)))  # noqa: B023
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            errors.append(error)

    with handled(_USR1, handler):
        yield errors


@kind_case.each(timeout=[None, 60])
def nested_in_a_wait(module: Any, timeout: float | None) -> None:
    """A handler that breaks into a wait may run, and open a channel, and the outer one is whole."""
    caller = os.getpid()

    def work(link: Any) -> None:
        go.wait()
        for _ in range(3):
            falls_asleep(caller)
            os.kill(caller, _USR1)
            time.sleep(0.001)
        link.send(b"outer")
        echo(link)

    outer: list[Any] = []
    with (
        gates(1) as (go,),
        _nested(module, outer) as errors,
        module.channel(work, 1, duplex=True, timeout=timeout) as messages,
    ):
        outer.append(messages)
        go.open()
        _, message = next(iter(messages))
        outer.clear()
        assert message == b"outer", f"b'outer' was due, {short(message)} came"
        is_whole(messages, 1)
    assert not errors, f"in a handler: {errors}"


@kind_case
def nested_in_send(module: Any) -> None:
    """The same while the caller waits for room to send: no message is lost, none added."""
    caller, size = os.getpid(), 1_000_000

    def work(link: Any) -> None:
        go.wait()
        falls_asleep(caller)
        os.kill(caller, _USR1)
        time.sleep(0.005)
        for _ in range(8):
            assert link.receive() == _text(7, size), "a worker got what nobody sent"
        echo(link)

    outer: list[Any] = []
    with (
        gates(1) as (go,),
        _nested(module, outer) as errors,
        module.channel(work, 1, duplex=True) as messages,
    ):
        outer.append(messages)
        go.open()
        for _ in range(8):  # more than any channel holds
            messages.send(0, _text(7, size))
        outer.clear()
        is_whole(messages, 1)
    assert not errors, f"in a handler: {errors}"


# -- in a worker ----------------------------------------------------------------------------


def _strike_when_asleep(pid: int) -> None:
    falls_asleep(pid)
    os.kill(pid, _USR1)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    # posix_ipc loses any exception but this one, of a handler that runs while it waits.
    raise KeyboardInterrupt


@case
def a_worker_breaks_off_receive(module: Any) -> None:
    """A worker's own handler raises out of `receive`; its further use is RuntimeError."""

    def work(link: Any) -> None:
        signal.signal(_USR1, _interrupt)
        pids.tell(os.getpid())
        raised(KeyboardInterrupt, "receive, when a handler raises", link.receive)
        for _ in range(2):
            raised(RuntimeError, "receive after that", link.receive)
        link.send(b"it still sends")

    with gates(1) as (pids,), module.channel(work, 1, duplex=True) as messages:
        _strike_when_asleep(pids.hear())
        came = collected(messages)
    assert came == {0: [b"it still sends"]}, f"{short(came)} came"


@case
def a_worker_breaks_off_send(module: Any) -> None:
    """A worker's own handler raises out of `send`; its further use is RuntimeError."""
    sizes = [100_000]

    def fill(link: Any) -> None:
        while True:
            link.send(bytes(sizes[0]))

    def work(link: Any) -> None:
        signal.signal(_USR1, _interrupt)
        pids.tell(os.getpid())
        raised(KeyboardInterrupt, "send, when a handler raises", fill, link)
        raised(RuntimeError, "send after that", link.send, b"more")
        link.send(b"more")

    with gates(1) as (pids,), module.channel(work, 1) as messages:
        _strike_when_asleep(pids.hear())
        error = raised(WorkerError, "a worker that broke off a message", list, messages)
    assert "RuntimeError" in error.text, f"the worker's RuntimeError was due in: {error}"


@kind_case
def a_worker_with_two_threads(module: Any) -> None:
    """Its `send` and `receive` may be called by two threads, one each."""
    import threading  # noqa: PLC0415 - in the worker alone

    count, size = 300, 5000

    def work(link: Any) -> None:
        wrong: list[int] = []

        def receive() -> None:
            came = [link.receive() for _ in range(count)]
            wrong.extend(n for n, message in enumerate(came) if message != _text(n, size))

        thread = threading.Thread(target=receive)
        thread.start()
        for number in range(count):
            link.send(_text(number, size))
        thread.join()
        link.send(b"wrong: %r" % wrong)

    with module.channel(work, 1, duplex=True) as messages:
        for number in range(count):
            messages.send(0, _text(number, size))
        came = collected(messages)[0]
    due = [*(_text(number, size) for number in range(count)), b"wrong: []"]
    assert came == due, f"{len(came)} messages came, the last is {short(came[-1])}"
