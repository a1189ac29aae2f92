"""Cases: memory, frames and small limits of the system."""

import contextlib
import gc
import importlib
import linecache
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.unit.cases import APART, PI, Cases, NotHere, Snapshot, collected, echo, short
from transports import WorkerError

case = Cases()
"""Of channels."""
run_case = Cases()
"""Of `run`."""

# What CPython loses where it cannot allocate the result of these calls: the pid of the child
# (Modules/posixmodule.c, os_fork_impl), the pair of descriptors (os_pipe_impl).  The module socket
# holds a descriptor as a number for a moment, before it has an object for it.
_LOSE = ("os.fork()", "os.pipe()")
_LOSE_IN = "/socket.py"

_SOME = 31  # the default takes one place of so many: the others are for the marker exhaustive
_IN_A_ROW = {1: 150, _SOME: 8}  # calls without an error, after which there are no more places


def _run(module: Any) -> None:
    value = module.run(100, 2, timeout=30)
    assert abs(value - PI) < 1e-9, f"run(100, 2) returned {value}"


def _channel(module: Any) -> None:
    with module.channel(lambda link: link.send(b"x" * 20), 2, timeout=30) as messages:
        came = collected(messages)
    assert came == {0: [b"x" * 20], 1: [b"x" * 20]}, f"{short(came)} came"


def _duplex(module: Any) -> None:
    with module.channel(echo, 1, duplex=True, timeout=30) as messages:
        messages.send(0, b"end")
        came = collected(messages)
    assert came == {0: [b"end"]}, f"{short(came)} came"


# -- memory ---------------------------------------------------------------------------------


def _place(error: BaseException) -> str:
    """Return the line at which an error came up."""
    summary = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in summary if "/transports/" in frame.filename][-1:]
    lines = [
        f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.line}"
        for frame in (*ours, *summary[-1:])
    ]
    return " > ".join(dict.fromkeys(lines))


def _lost_by_cpython(error: BaseException) -> bool:
    if not isinstance(error, MemoryError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    in_socket = any(frame.filename.endswith(_LOSE_IN) for frame in frames)
    last = frames[-1].line or "" if frames else ""  # without memory it may have no traceback
    return in_socket or any(call in last for call in _LOSE)


class _Failure(NamedTuple):
    """What became of a call in which an allocation failed.

    error: what it raised, with its place; "" if nothing.
    wrong: whether that is an error of its own, whatever is left.
    lost: whether CPython itself may have lost something.
    """

    error: str
    wrong: bool
    lost: bool


def _one_fails(at: int, act: Callable[[], None]) -> _Failure:
    """Let allocation number *at* of *act* fail; what that raised is gone on return."""
    _testcapi: Any = importlib.import_module("_testcapi")  # may be missing
    try:
        try:
            _testcapi.set_nomemory(at, at + 1)
            act()
        finally:
            _testcapi.remove_mem_hooks()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
        wrong = isinstance(error, AssertionError | TimeoutError)
        return _Failure(f"{error!r} at {_place(error)}", wrong, _lost_by_cpython(error))
    return _Failure("", False, False)


def _each_allocation(module: Any, act: Callable[[Any], None], every: int) -> None:
    linecache.checkcache()
    act(module)
    before, wrong, in_a_row, tried, lost = Snapshot(), Counter[str](), 0, 0, 0
    at = random.randrange(every)
    while in_a_row < _IN_A_ROW[every]:
        failure = _one_fails(at, lambda: act(module))
        at, tried = at + every, tried + 1
        in_a_row = 0 if failure.error else in_a_row + 1
        if before.difference():
            gc.collect()
        left = before.difference()
        if failure.wrong:
            wrong[failure.error] += 1
        elif left and failure.lost:
            lost += 1
        elif left:
            wrong[f"{left}, after {failure.error or 'no error'}"] += 1
        if left:
            before.restore()
            before = Snapshot()
    print(f"{tried} single failures, {lost} times CPython itself lost something")
    found = "".join(f"\n    {count} times: {what}" for what, count in wrong.most_common(12))
    assert not wrong, f"{tried} single allocations failed, {wrong.total()} left something:{found}"


@run_case.each(every=[_SOME, 1])
def one_allocation_fails_in_run(module: Any, every: int) -> None:
    """Whichever allocation of `run` fails, it leaves nothing, and returns no wrong value."""
    _each_allocation(module, _run, every)


@case.each(every=[_SOME, 1], duplex=[False, True])
def one_allocation_fails(module: Any, every: int, duplex: bool) -> None:
    """Whichever allocation of a channel fails, it leaves nothing, and no message is wrong."""
    _each_allocation(module, _duplex if duplex else _channel, every)


# -- frames ---------------------------------------------------------------------------------


def _deeper(frames: int, act: Callable[[], None]) -> None:
    if frames > 0:
        _deeper(frames - 1, act)
    else:
        act()


def _near_the_limit(module: Any, act: Callable[[Any], None], every: int) -> None:
    act(module)
    depth, frame = 0, sys._getframe()
    while (above := frame.f_back) is not None:
        depth, frame = depth + 1, above
    before, wrong, errors = Snapshot(), [], 0
    for left in range(1 + random.randrange(every), 100, every):
        try:
            _deeper(sys.getrecursionlimit() - depth - left, lambda: act(module))
        except RecursionError:
            errors += 1
        except WorkerError:  # it is the worker that met the limit
            errors += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a result
            wrong.append(f"{left} frames before the limit: {error!r}")
        if found := before.difference():
            wrong.append(f"{left} frames before the limit: {found}")
            before.restore()
            before = Snapshot()
    assert not wrong, f"{len(wrong)} times something was left or wrong: {'; '.join(wrong[:8])}"
    assert errors, "there was no RecursionError"


@run_case.each(every=[13, 1])
def few_frames_in_run(module: Any, every: int) -> None:
    """Near the limit of recursion `run` raises RecursionError, and leaves nothing."""
    _near_the_limit(module, _run, every)


@case.each(every=[13, 1], duplex=[False, True])
def few_frames(module: Any, every: int, duplex: bool) -> None:
    """Near the limit of recursion a channel raises RecursionError, and leaves nothing."""
    _near_the_limit(module, _duplex if duplex else _channel, every)


# -- limits of the system -------------------------------------------------------------------


@contextlib.contextmanager
def _limits_of_queues(**limits: int) -> Iterator[None]:
    """Set limits of System V queues, of this IPC namespace alone: proc_sys_kernel(5)."""
    if not os.environ.get(APART):
        raise NotHere("this user cannot have an IPC namespace of its own")
    before = {}
    try:
        for name, value in limits.items():
            path = Path("/proc/sys/kernel", name)
            before[path] = path.read_text()
            path.write_text(str(value))
    except OSError as error:
        raise NotHere(f"the limits of queues cannot be set: {error}") from error
    finally:
        if len(before) < len(limits):
            _set_back(before)
    try:
        yield
    finally:
        _set_back(before)


def _set_back(before: dict[Path, str]) -> None:
    for path, text in before.items():
        with contextlib.suppress(OSError):
            path.write_text(text)


@case.each(msgmax=[100, 64, 4096], msgmnb=[2048, 300])
def small_queues(module: Any, msgmax: int, msgmnb: int) -> None:
    """With small limits of messages and queues, packets are smaller; each message comes whole."""
    sizes = [0, 1, 50, 63, 64, 65, 99, 100, 101, 299, 300, 301, 2048, 5000, 20_000]

    def work(link: Any) -> None:
        for _ in sizes:
            link.send(link.receive())

    with _limits_of_queues(msgmax=msgmax, msgmnb=msgmnb):
        _run(module)
        texts = [random.randbytes(size) for size in sizes]
        with module.channel(work, 2, duplex=True, timeout=60) as messages:
            for text in texts:
                for worker in range(2):
                    messages.send(worker, text)
            came = collected(messages)
    for worker in range(2):
        lengths = [len(text) for text in came.get(worker, [])]
        assert came.get(worker) == texts, f"{sizes} bytes were sent back, {lengths} came, or others"
