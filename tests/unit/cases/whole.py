"""Cases: what leaves a channel whole, and what breaks it."""

# A docstring here says what is due.
# ruff: noqa: D401

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

from tests.unit.cases import (
    KINDS,
    Cases,
    collected,
    echo,
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
kind_case = Cases(KINDS)
"""What the code that transports have in common decides."""

_ALL = [b"%d" % number for number in range(20)]


def _numbers(link: Any) -> None:
    for text in _ALL:
        link.send(text)


# -- what leaves a channel whole ------------------------------------------------------------


@kind_case
def sending_to_no_worker(module: Any) -> None:
    """IndexError for a worker that there is not, -1 too; TypeError for no int; it stays whole."""
    with module.channel(echo, 2, duplex=True) as messages:
        for worker in (-1, -2, -3, 2, 99, 10**30):
            for size in (3, 100_000):
                raised(IndexError, f"send to worker {worker}", messages.send, worker, bytes(size))
        for wrong in ("x", "0", None, 1.0, b"0"):
            raised(TypeError, f"send to worker {wrong!r}", messages.send, wrong, b"text")
        is_whole(messages, 2)


@kind_case
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
        # It may wait until what it has sent is taken, so this is no error if it takes longer.
        with contextlib.suppress(AssertionError):
            until("a worker that has nothing to do ends", lambda: has_ended(int(text)), 0.5)
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


@case
def what_a_worker_leaves_unread(module: Any) -> None:
    """A worker that ends without having read what it was sent has sent all of its own."""
    texts = [b"%04d" % number * 2500 for number in range(100)]

    def work(link: Any) -> None:
        go.wait()
        for text in texts:
            link.send(text)

    with gates(1) as (go,), module.channel(work, 1, duplex=True) as messages:
        for _ in range(3):
            messages.send(0, b"unread")
        go.open()
        time.sleep(0.01)
        came = collected(messages)
    assert came == {0: texts}, f"it sent {len(texts)} messages, {len(came.get(0, []))} came"


@kind_case.each(iterator=["the same", "a new one"])
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


@kind_case.each(duplex=[False, True])
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


@kind_case.each(duplex=[False, True])
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
    for timeout in (0.02, 0.1, 1.0, 10.0):
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


@kind_case.each(duplex=[False, True])
def use_after_the_timeout(module: Any, duplex: bool) -> None:
    """After TimeoutError each further use raises RuntimeError, with that as its __cause__."""

    def wait(messages: Any) -> None:
        error = raised(TimeoutError, "a worker that sleeps", list, messages)
        stays_broken(messages, error, duplex)

    _until_the_timeout(module, duplex, wait)


@kind_case
def use_after_the_timeout_of_send(module: Any) -> None:
    """After TimeoutError out of `send` too."""

    def fill(messages: Any) -> None:
        while True:
            messages.send(0, bytes(100_000))

    def send(messages: Any) -> None:
        error = raised(TimeoutError, "a worker that takes nothing", fill, messages)
        stays_broken(messages, error, duplex=True)

    _until_the_timeout(module, True, send)


@kind_case
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
