"""Cases: `run` and `channel` in a worker, in a child, in a handler, in a finalizer."""

# A docstring here says what is due.
# ruff: noqa: D401

import gc
import mmap
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.unit.cases import (
    KINDS,
    LIMIT,
    PI,
    Cases,
    collected,
    echo,
    forked,
    handled,
    is_whole,
    short,
    until,
)

case = Cases(KINDS)
"""The code that transports have in common decides all this."""


def _use(module: Any) -> None:
    """Run, and carry messages to and fro."""
    value = module.run(100, 2, timeout=60)
    assert abs(value - PI) < 1e-9, f"run(100, 2) returned {value}"
    with module.channel(echo, 2, duplex=True, timeout=60) as messages:
        is_whole(messages, 2)


@case
def in_a_worker(module: Any) -> None:
    """`run` and `channel` can be called in a worker of a channel, and in a worker of that."""

    def work(link: Any) -> None:
        _use(module)
        with module.channel(below, 2) as messages:
            link.send(b"%d" % len(list(messages)))

    def below(link: Any) -> None:
        _use(module)
        link.send(b"below")

    with module.channel(work, 2) as messages:
        came = collected(messages)
    assert came == {0: [b"2"], 1: [b"2"]}, f"{short(came)} came"


@case
def in_a_child_of_a_caller_with_a_thread(module: Any) -> None:
    """A process whose thread is in `run` forks; `run` and `channel` do as ever in the child."""
    import warnings  # noqa: PLC0415

    warnings.simplefilter("ignore", DeprecationWarning)  # of fork(2) with threads: since 3.12
    stop, errors = [False], []

    def busy() -> None:
        while not stop[0]:
            try:
                module.run(100, 3)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
                errors.append(error)
                return

    thread = threading.Thread(target=busy)
    thread.start()
    failed = []
    for number in range(3):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _use(module)
                status = 0
            except BaseException as error:  # noqa: BLE001 - it must not get into the code below
                print(f"in child {number}: {error!r}", flush=True)
            finally:
                os._exit(status)
        end = time.monotonic() + 4
        while not (found := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGABRT)  # prints where it is
                failed.append(f"child {number} has not ended within 4 s")
                found = os.waitpid(pid, 0)
                break
            time.sleep(0.001)
        if found[1] and not failed:
            failed.append(f"child {number} ended with status {found[1]}")
        if failed:
            break
    stop[0] = True
    thread.join(LIMIT)
    assert not failed, failed[0]
    assert not errors, f"in the thread: {errors[0]!r}"


@case
def in_a_handler_beside_a_thread(module: Any) -> None:
    """A handler that breaks into `run` may call `run`, also with one more thread around."""
    stop, inside, nested = threading.Event(), [False], [0]

    def handler(signum: int, frame: FrameType | None) -> None:
        if not inside[0]:
            inside[0] = True
            module.run(10, 1, timeout=60)
            nested[0] += 1
            inside[0] = False

    thread = threading.Thread(target=stop.wait)
    thread.start()
    runs = 0
    with handled(signal.SIGALRM, handler):
        signal.setitimer(signal.ITIMER_REAL, 0.003, 0.0037)
        while nested[0] < 5 or runs < 5:
            value = module.run(100, 3, timeout=60)
            assert abs(value - PI) < 1e-9, f"run returned {value}"
            runs += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
    stop.set()
    thread.join()
    until("the thread is gone", lambda: not thread.is_alive())


@case
def in_two_threads(module: Any) -> None:
    """`run` and `channel` in two threads at once do not disturb each other."""
    errors = []

    def use() -> None:
        try:
            for _ in range(2):
                _use(module)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, f"in a thread: {errors}"


class _Finalized:
    def __init__(self, act: Callable[[], None]) -> None:
        self.me = self
        self._act = act

    def __del__(self) -> None:
        self._act()


@case
def in_a_finalizer(module: Any) -> None:
    """A finalizer may call `run`, also one that a collection amid a run calls."""
    results = []

    def act() -> None:
        try:
            results.append(module.run(100, 1))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            results.append(error)

    _Finalized(act)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    module.run(100, 2)
    gc.set_threshold(*threshold)
    gc.collect()
    assert len(results) == 1, f"the finalizer ran {len(results)} times"
    assert isinstance(results[0], float), f"in the finalizer: {results[0]!r}"
    assert abs(results[0] - PI) < 1e-9, f"in the finalizer run returned {results[0]}"


@case
def in_a_forked_child_of_a_caller(module: Any) -> None:
    """A child that is forked in a block runs, and has channels, of its own."""
    shared = mmap.mmap(-1, 1)

    def use() -> None:
        _use(module)
        shared[0] = 1

    with module.channel(echo, 2, duplex=True) as messages:
        with forked(use):
            until("a child of the caller has used `run` and `channel`", lambda: shared[0])
        is_whole(messages, 2)
    shared.close()
