"""System calls and bytes of a work, counted behind the gate: the same in each run."""

import contextlib
import itertools
import math
import os
import struct
import time
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from tests.benchmarks.counts.works import Work
from tests.gate import calls, paths
from tests.gate.keeper import Record, once, watched
from tests.gate.policies import Follow, Order
from tests.gate.seccomp import Notice

CALLER, OTHERS = "caller", "others"

_LIMIT = 30.0  # seconds: more than a hundred times what they take, if no process spins

# Seconds that the clock goes on by each time it is asked: a power of two, so that no sum is
# rounded, and the time until a deadline takes as many steps whatever the time was at first.
_STEP = 2**-20
_MARK = 0x7FFFFE00  # no descriptor: to close it marks the begin and the end of what is counted
_DONE = b"done"

# How many bytes a call asks the kernel to take: which argument is their number; or whose arguments
# 1 and 2 are a vector, or 1 is a header with one.
_SIZE_AT = {"write": 2, "pwrite64": 2, "sendto": 2, "mq_timedsend": 2, "msgsnd": 2, "sendfile": 3}
_VECTORS = calls.words("writev pwritev pwritev2 vmsplice process_vm_writev")
_HEADERS = calls.words("sendmsg")
_VECTOR = struct.Struct("@PN")  # struct iovec
_HEADER = struct.Struct("@PIPN")  # struct msghdr: name, its size, vectors, how many


class Uncountable(Exception):  # noqa: N818 - a reason
    """Why a work did not end well behind the gate."""


class Counts(NamedTuple):
    """What a work takes, done as often as it says.

    calls: how often each system call is made, by CALLER and by OTHERS: workers, and helpers.
    bytes: what the calls hand to the kernel, of all processes, by their arguments.
    pss_kib: memory of a worker at its end, where a page that several processes share counts in
        parts: proc_pid_smaps(5); None where there is no worker, or no such file.
    """

    calls: dict[str, dict[str, int]]
    bytes: int
    pss_kib: int | None


class _Tally:
    """Takes in the calls of one work, while each waits."""

    def __init__(self) -> None:
        self._counting = False
        self._calls = {CALLER: Counter[str](), OTHERS: Counter[str]()}
        self._bytes = 0
        self._pss_kib: int | None = None

    def __call__(self, task: str, notice: Notice) -> None:
        """Count a call."""
        side = CALLER if task.partition(".")[0] == "0" else OTHERS
        if notice.name == "close" and notice.arguments[0] == _MARK:
            self._counting = not self._counting
        elif self._counting:
            self._calls[side][notice.name] += 1
            self._bytes += _handed_over(notice)
        if self._pss_kib is None and side == OTHERS and notice.name in calls.ENDS:
            self._pss_kib = _pss_kib(notice.tid)

    def counts(self) -> Counts:
        """Return what has been counted."""
        by_name = {side: dict(sorted(each.items())) for side, each in self._calls.items()}
        return Counts(by_name, self._bytes, self._pss_kib)


def _handed_over(notice: Notice) -> int:
    if (at := _SIZE_AT.get(notice.name)) is not None:
        return notice.arguments[at]
    if notice.name in _VECTORS:
        return _of_vectors(notice.tid, *notice.arguments[1:3])
    if notice.name in _HEADERS:
        header = paths.memory(notice.tid, notice.arguments[1], _HEADER.size)
        return _of_vectors(notice.tid, *_HEADER.unpack(header)[2:]) if header else 0
    return 0


def _of_vectors(tid: int, address: int, count: int) -> int:
    data = paths.memory(tid, address, count * _VECTOR.size)
    return sum(size for _, size in _VECTOR.iter_unpack(data))


def _pss_kib(tid: int) -> int | None:
    try:
        with open(f"/proc/{tid}/smaps_rollup") as file:
            found = [line for line in file if line.startswith("Pss:")]
    except OSError:
        return None
    return int(found[0].split()[1]) if found else None


def count(module: ModuleType, work: Work) -> Counts:
    """Count what *work* takes with a transport; it has been done here before, and has imported all.

    Raises Refused, where the system has no gate; Uncountable.
    """

    def act() -> bytes:
        _step_clock()
        try:
            with watched():
                work.act(module, work.times, _marked)
        except Exception as error:  # noqa: BLE001 - it is told
            return f"{type(error).__name__}: {error}".encode()
        return _DONE

    tally = _Tally()
    record = once(act, Follow(Order()), _LIMIT, tally=tally)
    if record.told != _DONE:
        raise Uncountable(f"{work.words}, behind the gate: {_said(record)}")
    return tally.counts()


def _said(record: Record) -> str:
    if record.stuck:
        waits = ", ".join(f"{each.task} in {each.call}" for each in record.stuck)
        return f"processes that {'wait for ever' if record.proven else 'do not end'}: {waits}"
    return record.told.decode(errors="replace") or f"it ended with {record.status}"


@contextlib.contextmanager
def _marked() -> Iterator[None]:
    _mark()
    yield
    _mark()


def _mark() -> None:
    with contextlib.suppress(OSError):
        os.close(_MARK)


def _step_clock() -> None:
    """Let the clocks of this process go on by a step each time they are asked.

    What a module does each hundredth of a second, it then does at the same message in each run.
    """
    for name in ("time", "monotonic", "perf_counter"):
        steps = itertools.count(math.ceil(getattr(time, name)()), _STEP)
        setattr(time, name, steps.__next__)
        setattr(time, f"{name}_ns", lambda steps=steps: int(next(steps) * 1e9))
