"""Cases: to what a channel belongs, and what leaves it whole or broken."""

import contextlib
import mmap
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.unit.cases import (
    LIMIT,
    Cases,
    collected,
    echo,
    forked,
    gates,
    has_ended,
    is_whole,
    raised,
    short,
    stays_broken,
    until,
)
from transports import WorkerError

case = Cases()

_FRAME = (5).to_bytes(8, sys.byteorder) + b"MINE!"  # what a stream of messages looks like


def _endless(link: Any) -> None:
    while True:
        link.send(b"message")


def _numbers(link: Any) -> None:
    for number in range(20):
        link.send(b"%d" % number)


_ALL = [b"%d" % number for number in range(20)]


# -- after the block ------------------------------------------------------------------------


class _Own:
    """Files and pipes of the caller, which take the descriptors that a channel had."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._files = [
            self._stack.enter_context(tempfile.TemporaryFile(buffering=0)) for _ in range(12)
        ]
        self._pipes = [os.pipe() for _ in range(12)]
        for _, writer in self._pipes:
            os.write(writer, _FRAME)

    def check(self) -> None:
        """Check that nobody has written into a file, or read from or written into a pipe."""
        for file in self._files:
            file.seek(0)
            data = file.read()
            assert not data, f"in a file that the caller opened later: {short(data)}"
        for reader, _ in self._pipes:
            os.set_blocking(reader, False)
            data = b""
            with contextlib.suppress(BlockingIOError):
                data = os.read(reader, 1000)
            assert data == _FRAME, f"a pipe that the caller opened later held {_FRAME!r}, " + (
                f"now {short(data)}"
            )

    def close(self) -> None:
        """Close all."""
        self._stack.close()
        for fd in sum(self._pipes, ()):
            os.close(fd)


@case.each(left=["early", "at its end", "by an exception"], duplex=[False, True])
def iterating_after_the_block(module: Any, left: str, duplex: bool) -> None:
    """After its block, iteration raises ValueError, and touches no descriptor."""
    work = _endless if left != "at its end" else _numbers
    with contextlib.suppress(ZeroDivisionError), module.channel(work, 1, duplex=duplex) as messages:
        iterator = iter(messages)
        next(iterator)
        if left == "by an exception":
            raise ZeroDivisionError
        if left == "at its end":
            collected(messages)
    own = _Own()
    try:
        raised(ValueError, "next(iter(messages))", lambda: next(iter(messages)))
        raised(ValueError, "next() of an iterator of the block", next, iterator)
        raised(ValueError, "list(messages)", lambda: list(messages))
        own.check()
    finally:
        own.close()


@case.each(left=["early", "at its end"])
def sending_after_the_block(module: Any, left: str) -> None:
    """After its block, `send` raises ValueError, and touches no descriptor."""
    with module.channel(echo, 2, duplex=True) as messages:
        if left == "at its end":
            is_whole(messages, 2)
    own = _Own()
    try:
        for size in (6, 100_000):
            for worker in range(2):
                raised(ValueError, f"send of {size} bytes", messages.send, worker, bytes(size))
        own.check()
    finally:
        own.close()


@case
def a_thread_that_sends_outlives_the_block(module: Any) -> None:
    """Its `send` raises at the end of the block, and writes into nothing that is opened later."""
    sent, ended = [0], []

    def receive(link: Any) -> None:
        while True:
            link.receive()

    def write() -> None:
        while True:
            try:
                messages.send(0, b"secret")
                sent[0] += 1
            except BrokenPipeError:  # its worker was ended just before
                continue
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
                ended.append(error)
                return

    with module.channel(receive, 1, duplex=True) as messages:
        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        until("100 messages are sent by a thread", lambda: sent[0] >= 100 or ended)
    own = _Own()
    thread.join(LIMIT)
    try:
        own.check()
    finally:
        own.close()
    assert not thread.is_alive(), f"its send has not ended {LIMIT} s after the block"
    (error,) = ended
    # RuntimeError: the block may have ended amid a send.
    assert isinstance(error, ValueError | RuntimeError), f"its send raised {error!r}"


# -- two threads ----------------------------------------------------------------------------


@case
def sending_while_another_thread_waits(module: Any) -> None:
    """To send while another thread waits in an iteration is RuntimeError; the channel is whole."""

    def work(link: Any) -> None:
        if link.worker == 0:
            echo(link)
        else:
            wake.wait()
            link.send(b"woken")

    sent, errors = [], []

    def write() -> None:
        for number in range(5000):
            try:
                messages.send(0, b"%d" % number)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a result
                errors.append(error)
                break
            sent.append(b"%d" % number)
            time.sleep(0.001)
        wake.open()

    with gates(1) as (wake,), module.channel(work, 2, duplex=True) as messages:
        thread = threading.Thread(target=write)
        thread.start()
        came, worker, message = [], 0, b""
        while worker == 0:
            try:
                worker, message = next(iter(messages))
            except RuntimeError:  # the other one is sending
                time.sleep(0.001)
                continue
            if worker == 0:
                came.append(bytes(message))
        assert message == b"woken", f"worker 1 sent b'woken', {short(message)} came"
        thread.join()
        assert errors, "5000 times, to send while another thread iterates was no error"
        kinds = {type(error) for error in errors}
        assert kinds == {RuntimeError}, f"send raised {errors!r} while another thread iterates"
        messages.send(0, b"end")
        came += collected(messages).get(0, [])
    assert came == [*sent, b"end"], f"worker 0 got {short(sent)}, it sent back {short(came)}"


@case
def two_threads(module: Any) -> None:
    """One thread iterates, another sends: each message is right, or it is RuntimeError."""
    size, count = 40_000, 40
    stop = mmap.mmap(-1, 1)

    def text(number: int) -> bytes:
        return b"%08d" % number * (size // 8)

    def work(link: Any) -> None:
        if link.worker == 0:
            for number in range(count):
                assert link.receive() == text(number), "a worker got what nobody sent"
                link.send(text(number))
        while not stop[0]:  # lets the caller out of its wait now and then
            link.send(b"tick")
            time.sleep(0.002)

    problems = []

    def write() -> None:
        number, end = 0, time.monotonic() + LIMIT
        while number < count and time.monotonic() < end and not problems:
            try:
                messages.send(0, text(number))
                number += 1
            except RuntimeError as error:
                if error.__cause__ is not None or type(error) is not RuntimeError:
                    problems.append(f"the one that sends: {error!r}, from {error.__cause__!r}")
                time.sleep(0.0002)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
                problems.append(f"the one that sends: {error!r}")
        if number < count:
            problems.append(f"only {number} of {count} messages could be sent")
        stop[0] = 1

    came = 0
    with module.channel(work, 2, duplex=True) as messages:
        thread = threading.Thread(target=write)
        thread.start()
        try:
            while not problems:
                try:
                    _, message = next(iter(messages))
                except StopIteration:
                    break
                except RuntimeError as error:
                    if error.__cause__ is not None or type(error) is not RuntimeError:
                        problems.append(f"the one that iterates: {error!r}")
                    continue
                if message != b"tick":
                    if message != text(came):
                        problems.append(f"message {came}: {len(message)} bytes that nobody sent")
                    came += 1
                time.sleep(0.0005)  # leave the other one a moment
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            problems.append(f"the one that iterates: {error!r}")
        finally:
            stop[0] = 1
            thread.join(LIMIT)
    stop.close()
    assert not problems, "; ".join(problems)
    assert came == count, f"{came} of {count} messages came back"


# -- a forked child -------------------------------------------------------------------------


class _Leaves(Exception):  # noqa: N818 - how a child leaves a block
    pass


@case.each(how=["sys.exit", "an exception", "the end of the block"], duplex=[False, True])
def a_child_leaves_the_block(module: Any, how: str, duplex: bool) -> None:
    """A child forked in the block leaves it; the caller's workers live on, and all comes."""

    def work(link: Any) -> None:
        go.wait()
        for text in _ALL:
            link.send(text)
        if duplex:
            echo(link)

    me = os.getpid()
    with gates(1) as (go,):
        with contextlib.suppress(_Leaves, SystemExit), module.channel(
            work, 2, duplex=duplex
        ) as messages:
            child = os.fork()
            if child == 0:
                if how == "sys.exit":
                    sys.exit()
                if how == "an exception":
                    raise _Leaves
            else:
                os.waitpid(child, 0)
                go.open(2)
                came = collected(_first(messages, 40)) if duplex else collected(messages)
                if duplex:
                    is_whole(messages, 2)
        if os.getpid() != me:
            os._exit(0)
    assert came == {0: _ALL, 1: _ALL}, f"after a child has left the block, {short(came)} came"


def _first(messages: Any, count: int) -> list[tuple[int, bytes]]:
    iterator = iter(messages)
    return [next(iterator) for _ in range(count)]


@case.each(duplex=[False, True])
def a_child_uses_the_channel(module: Any, duplex: bool) -> None:
    """In a forked child, iteration and `send` raise RuntimeError; nothing is lost by that."""

    def work(link: Any) -> None:
        for text in _ALL:
            link.send(text)
        if duplex:
            echo(link)

    def use() -> None:
        try:
            raised(RuntimeError, "next(iter(messages)) in a child", lambda: next(iter(messages)))
            raised(RuntimeError, "next() of the caller's iterator in a child", next, iterator)
            if duplex:
                raised(RuntimeError, "send in a child", messages.send, 0, b"end")
        except AssertionError as error:
            os.write(said.writer, str(error).encode())
        os.write(said.writer, b".")

    with gates(1) as (said,), module.channel(work, 1, duplex=duplex) as messages:
        iterator = iter(messages)
        came = [next(iterator)[1]]
        with forked(use):
            found = os.read(said.reader, 4096)
        assert found == b".", found.decode()
        came += [bytes(message) for _, message in _first(messages, 19)]
        assert came == _ALL, f"the caller got {short(came)}"
        if duplex:
            is_whole(messages, 1)
        assert not list(messages), "more came than was sent"


@case
def a_child_outlives_the_block(module: Any) -> None:
    """A child that leaves the block when the caller's next channel is there leaves that alone."""
    me = os.getpid()
    with gates(3) as (go, gone, there):
        with module.channel(_endless, 2) as messages:
            next(iter(messages))
            child = os.fork()
            if child == 0:
                go.wait()
        if os.getpid() != me:
            gone.open()
            os._exit(0)
        with module.channel(echo, 2, duplex=True) as messages:
            go.open()
            gone.wait()
            is_whole(messages, 2)
        os.waitpid(child, 0)
        del there


# -- what leaves a channel whole ------------------------------------------------------------


@case
def sending_to_no_worker(module: Any) -> None:
    """IndexError for a worker that there is not, -1 too; TypeError for no int; it stays whole."""
    with module.channel(echo, 2, duplex=True) as messages:
        for worker in (-1, -2, -3, 2, 99, 10**30):
            for size in (3, 100_000):
                raised(IndexError, f"send to worker {worker}", messages.send, worker, bytes(size))
        for wrong in ("x", "0", None, 1.0, b"0"):
            raised(TypeError, f"send to worker {wrong!r}", messages.send, wrong, b"text")
        is_whole(messages, 2)


@case
def sending_no_bytes(module: Any) -> None:
    """TypeError for data that is not bytes-like, on both sides; the channel stays whole."""

    def work(link: Any) -> None:
        for data in wrong:
            raised(TypeError, f"link.send of {data!r}", link.send, data)
        echo(link)

    wrong = ["text", 5, None, 1.5, object(), [1, 2]]
    with module.channel(work, 2, duplex=True) as messages:
        for data in wrong:
            raised(TypeError, f"send of {data!r}", messages.send, 0, data)
        is_whole(messages, 2)


@case.each(size=[100, 100_000])
def sending_to_one_that_has_ended(module: Any, size: int) -> None:
    """BrokenPipeError and no other, where it is noticed; the channel stays whole."""

    def work(link: Any) -> None:
        if link.worker == 0:
            link.send(b"%d" % os.getpid())
            go.wait()
        else:
            echo(link)

    with gates(1) as (go,), module.channel(work, 2, duplex=True) as messages:
        _, text = next(iter(messages))
        for _ in range(3):  # these stay unread: TCP resets a connection that is closed with such
            messages.send(0, bytes(100))
        go.open()
        until("a worker that has nothing to do ends", lambda: has_ended(int(text)))
        for _ in range(20):
            try:
                messages.send(0, bytes(size))
            except BrokenPipeError:
                continue
            except BaseException as error:
                raise AssertionError(
                    f"to send {size} bytes to a worker that has ended raised {error!r}"
                ) from error
        messages.send(1, b"one")
        messages.send(1, b"end")
        came = collected(messages)
    assert came == {1: [b"one", b"end"]}, f"b'one' and b'end' were due, {short(came)} came"


@case.each(iterator=["the same", "a new one"])
def break_and_go_on(module: Any, iterator: str) -> None:
    """After `break` the iteration can be taken up again: each message comes once, in order."""
    came: dict[int, list[bytes]] = {0: [], 1: [], 2: []}
    with module.channel(_numbers, 3) as messages:
        same = iter(messages)
        left = True
        while left:
            left = False
            for worker, message in same if iterator == "the same" else messages:
                came[worker].append(bytes(message))
                if len(message) and message[-1] % 3 == 0:
                    left = True
                    break
    assert came == dict.fromkeys(range(3), _ALL), f"with breaks, {short(came)} came"


@case.each(duplex=[False, True])
def iterating_after_the_end(module: Any, duplex: bool) -> None:
    """When every worker has ended, an iteration ends at once, as often as it is begun."""
    with module.channel(_numbers, 2, duplex=duplex) as messages:
        iterator = iter(messages)
        came = collected(iterator)
        assert came == {0: _ALL, 1: _ALL}, f"{short(came)} came"
        for _ in range(3):
            assert list(messages) == [], "after the end more came"
            raised(StopIteration, "next() after the end", next, iterator)


# -- what breaks one ------------------------------------------------------------------------


@case.each(duplex=[False, True])
def use_after_a_worker_has_died(module: Any, duplex: bool) -> None:
    """After WorkerError each further use raises RuntimeError, with that as its __cause__."""

    def work(link: Any) -> None:
        link.send(b"one")
        if link.worker == 1:
            entered.wait()
            os._exit(3)
        time.sleep(60)

    with gates(1) as (entered,), module.channel(work, 2, duplex=duplex) as messages:
        entered.open()
        error = raised(WorkerError, "a worker exits with 3", list, messages)
        stays_broken(messages, error, duplex)


def _until_the_timeout(module: Any, duplex: bool, act: Callable[[Any], None]) -> None:
    """Call *act* in a channel whose worker sleeps for longer than its timeout.

    On a machine that is busy, the timeout may end before the block begins: then it is tried with
    a longer one.
    """
    for timeout in (0.1, 1.0, 10.0):
        inside = False
        try:
            with module.channel(
                lambda link: time.sleep(60), 1, duplex=duplex, timeout=timeout
            ) as messages:
                inside = True
                act(messages)
        except TimeoutError:
            if inside:
                raise
        if inside:
            return


@case.each(duplex=[False, True])
def use_after_the_timeout(module: Any, duplex: bool) -> None:
    """After TimeoutError each further use raises RuntimeError, with that as its __cause__."""

    def wait(messages: Any) -> None:
        error = raised(TimeoutError, "a worker that sleeps", list, messages)
        stays_broken(messages, error, duplex)

    _until_the_timeout(module, duplex, wait)


@case
def use_after_the_timeout_of_send(module: Any) -> None:
    """After TimeoutError out of `send` too."""

    def fill(messages: Any) -> None:
        while True:
            messages.send(0, bytes(100_000))

    def send(messages: Any) -> None:
        error = raised(TimeoutError, "a worker that takes nothing", fill, messages)
        stays_broken(messages, error, duplex=True)

    _until_the_timeout(module, True, send)


@case
def use_of_an_old_iterator_after_an_error(module: Any) -> None:
    """An iterator of before raises RuntimeError too; it does not end as if all had come."""

    def work(link: Any) -> None:
        link.send(b"one")
        gate.wait()
        os._exit(3)

    with gates(1) as (gate,), module.channel(work, 1) as messages:
        iterator = iter(messages)
        next(iterator)
        gate.open()
        error = raised(WorkerError, "a worker exits with 3", next, iterator)
        for _ in range(2):
            again = raised(RuntimeError, "next() of the same iterator", next, iterator)
            assert again.__cause__ is error, f"its __cause__ is {again.__cause__!r}"
