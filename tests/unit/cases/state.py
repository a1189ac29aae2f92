"""Cases: to what a channel belongs: its block, its process, one thread at a time."""

# A docstring here says what is due.
# ruff: noqa: D401

import contextlib
import mmap
import os
import sys
import tempfile
import threading
import time
from typing import Any

from tests.unit.cases import (
    KINDS,
    LIMIT,
    Cases,
    collected,
    echo,
    forked,
    gates,
    is_whole,
    raised,
    short,
    until,
)

case = Cases()
kind_case = Cases(KINDS)
"""What the code that transports have in common decides."""

_FRAME = (5).to_bytes(8, sys.byteorder) + b"MINE!"  # what a stream of messages looks like


def _endless(link: Any) -> None:
    while True:
        link.send(b"message")


_ALL = [b"%d" % number for number in range(20)]


def _numbers(link: Any) -> None:
    for text in _ALL:
        link.send(text)


# -- after the block ------------------------------------------------------------------------


class _Own:
    """Files and pipes of the caller, which take the descriptors that a channel had."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        enter = self._stack.enter_context
        self._files = [enter(tempfile.TemporaryFile(buffering=0)) for _ in range(12)]  # noqa: SIM115
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


@kind_case.each(left=["early", "at its end"], duplex=[True])
@kind_case.each(left=["by an exception"], duplex=[False])
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
        # An iterator that has ended has to say so for ever: Python's "Iterator Types".
        kinds = (ValueError, StopIteration) if left == "at its end" else ValueError
        raised(kinds, "next() of an iterator of the block", next, iterator)
        raised(ValueError, "list(messages)", lambda: list(messages))
        own.check()
    finally:
        own.close()


@case.each(left=["early"])
@kind_case.each(left=["early", "at its end"])
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


@kind_case
def a_thread_that_sends_outlives_the_block(module: Any) -> None:
    """Its `send` raises at the end of the block, and writes into nothing that is opened later."""
    sent = [0]
    ended: list[BaseException] = []

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


@kind_case
def sending_while_another_thread_waits(module: Any) -> None:
    """To send while another thread waits in an iteration is RuntimeError; the channel is whole."""

    def work(link: Any) -> None:
        if link.worker == 0:
            echo(link)
        else:
            wake.wait()
            link.send(b"woken")

    sent: list[bytes] = []
    errors: list[Exception] = []

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


@kind_case
def two_threads(module: Any) -> None:
    """One thread iterates, another sends: each message is right, or it is RuntimeError."""
    size, count = 40_000, 20
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

    problems: list[str] = []

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


@case.each(how=["sys.exit"], duplex=[True])
@kind_case.each(how=["an exception", "the end of the block"], duplex=[False])
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
        with (
            contextlib.suppress(_Leaves, SystemExit),
            module.channel(work, 2, duplex=duplex) as messages,
        ):
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


@kind_case.each(duplex=[False, True])
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


@kind_case
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
