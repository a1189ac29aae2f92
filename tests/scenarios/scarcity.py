"""Scenarios in which the system refuses something: descriptors, space, queues.

The limits are real, not simulated.  Limits of the whole machine are reached in namespaces of the
caller's own, namespaces(7): a file system of 16 KiB is mounted over a directory, or a table of
queues is filled.  An ordinary user needs a user namespace for that, which some systems refuse.
"""

import contextlib
import ctypes
import errno
import gc
import os
import resource
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.scenarios.callers import in_caller
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.system import namespaces, resources

_PAGES = 4  # of 4096 bytes: the size of the file system
_INODES = 8  # that the caller can use there
_RESERVED = 2  # inodes: tmpfs takes the root directory for one

_CREATE = 0o3600  # IPC_CREAT | IPC_EXCL and the mode 0600, <sys/ipc.h>
_SYS_RESOURCE = 24  # <linux/capability.h>; it lifts limits on queues, mq_overview(7)

_ENOUGH = 3  # runs in a row without an error show that a limit is high enough

_DESCRIPTORS = 40  # to try for each worker, and for two more; a run needs fewer

# Limits on the size of files to try, in bytes: each size up to that of a frame with a result,
# and then some larger ones.
_SIZES = (*range(72), 128, 512, 4096, 65536, 1 << 20)


def _called(
    module: ModuleType, log: Log, births: Births, n: int, workers: int, **more: Any
) -> dict[str, Any]:
    """Run; log the outcome, and how many children were forked for it."""
    before = births.forked
    outcome = log.call(module.run, n, workers, **more)
    log("births", count=births.forked - before)
    return outcome


def _limited(name: int, soft: int) -> Callable[[], object]:
    """Set the soft limit *name*; return a function that restores it."""
    before = resource.getrlimit(name)
    resource.setrlimit(name, (soft, before[1]))
    return partial(resource.setrlimit, name, before)


def _until_enough(
    module: ModuleType, log: Log, name: int, limits: Iterator[int], n: int, workers: int, case: str
) -> None:
    """Run under growing limits, until several runs in a row return a result."""
    births = Births(log)
    before = resources.of_this_process()
    well = 0
    for limit in limits:
        lift = _limited(name, limit)
        outcome = _called(module, log, births, n, workers, case=f"{case} {limit}")
        lift()
        well = 0 if "error" in outcome else well + 1
        if well == _ENOUGH:
            break
    gc.collect()
    log("inside", new=resources.added_since(before))


def unlimited(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run twice where nothing is scarce."""
    births = Births(log)
    for time in ("first", "second"):
        _called(module, log, births, n, workers, case=time)


def descriptors(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with no free descriptor, with one, with two… until there are enough."""
    module.run(n, workers)
    last = max(map(int, os.listdir("/dev/fd")))
    fillers = [os.open(os.devnull, os.O_RDONLY)]
    while fillers[-1] < last:  # a limit is a number, and lower numbers would still be free
        fillers.append(os.dup(fillers[-1]))
    least = fillers[-1] + 1
    limits = iter(range(least, least + _DESCRIPTORS * (workers + 2)))
    _until_enough(module, log, resource.RLIMIT_NOFILE, limits, n, workers, "RLIMIT_NOFILE")
    for filler in fillers:
        os.close(filler)


def file_size(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with a limit on the size of files: a write is shortened, then refused."""
    module.run(n, workers)
    _until_enough(module, log, resource.RLIMIT_FSIZE, iter(_SIZES), n, workers, "RLIMIT_FSIZE")


def full(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with 16 KiB in /dev/shm or in the temporary directory, of which little is free."""
    places = [os.environ["TMPDIR"], "/dev/shm"]  # noqa: S108 - mounted over
    for place in filter(os.path.isdir, places):
        for what, most, fill in (("pages", _PAGES, _fill_pages), ("inodes", _INODES, _fill_inodes)):
            for free in range(most):
                case = f"{place.replace(places[0], 'TMPDIR')} with {free} {what} free"
                in_caller(log, case, partial(_in_full, module, n, workers, place, case, fill, free))


def _in_full(
    module: ModuleType,
    n: int,
    workers: int,
    place: str,
    case: str,
    fill: Callable[[str, int], None],
    free: int,
    log: Log,
) -> None:
    module.run(n, workers)
    try:
        namespaces.leave()
        options = f"size={_PAGES * 4096},nr_inodes={_INODES + _RESERVED},mode=1777"
        namespaces.mount("tmpfs", place, options)
    except namespaces.Refused as refused:
        log("refused", case=case, reason=str(refused))
        return
    fill(place, free)
    births = Births(log)
    before, had = resources.files(place), resources.of_this_process()
    _called(module, log, births, n, workers, case=case)
    gc.collect()
    after = resources.files(place)
    log("inside", new=resources.added(before, after) + resources.added_since(had))
    namespaces.unmount(place)  # the caller must find its own directory there at its exit


def _fill_pages(place: str, free: int) -> None:
    with open(os.path.join(place, "filler"), "wb", buffering=0) as file:
        file.write(bytes(4096) * (_PAGES - free))


def _fill_inodes(place: str, free: int) -> None:
    made: list[str] = []
    with contextlib.suppress(OSError):
        while True:
            path = os.path.join(place, f"filler-{len(made)}")
            with open(path, "xb"):
                made.append(path)
    for path in made[:free]:
        os.unlink(path)


def _no_bytes_for_queues() -> None:
    _limited(resource.RLIMIT_MSGQUEUE, 0)


def _write(name: str, value: int) -> None:
    try:
        Path("/proc/sys/fs/mqueue", name).write_text(str(value))
    except OSError as error:
        raise namespaces.Refused(f"{name}: {error.strerror}") from error
    namespaces.give_up(_SYS_RESOURCE)


def _smallest_of_system_v() -> None:
    """Let a segment have one byte, and let there be one semaphore: proc_sys_kernel(5)."""
    for name, text in (("shmmax", "1"), ("sem", "1 1 500 128")):
        try:
            Path("/proc/sys/kernel", name).write_text(text)
        except OSError as error:  # an older kernel does not let an ordinary user
            raise namespaces.Refused(f"{name}: {error.strerror}") from error


def _full_table(limit: str, text: str, function: str, *args: int) -> None:
    """Fill a table of the kernel in the namespace of this process.

    limit, text: a file in /proc/sys/kernel that makes the table short, and what to write to it.  An
        older kernel does not let an ordinary user: then there are some 30000 objects.
    """
    with contextlib.suppress(OSError):
        Path("/proc/sys/kernel", limit).write_text(text)
    make = getattr(ctypes.CDLL(None, use_errno=True), function)
    # They end with the namespace.
    while make(0, *args, _CREATE) >= 0:
        pass
    if (code := ctypes.get_errno()) != errno.ENOSPC:
        raise namespaces.Refused(f"{function}: {os.strerror(code)}")


# Each limit: what reaches it, and the names that an error may use for it, from its man page or from
# /proc/sys.
LIMITS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "no bytes for POSIX queues": (_no_bytes_for_queues, ("RLIMIT_MSGQUEUE",)),
    "no POSIX queue to be had": (partial(_write, "queues_max", 0), ("queues_max",)),
    "one message in a POSIX queue": (partial(_write, "msg_max", 1), ("msg_max",)),
    "POSIX messages of 128 bytes": (partial(_write, "msgsize_max", 128), ("msgsize_max",)),
    "a byte in a System V segment, one semaphore": (
        _smallest_of_system_v,
        ("shmmax", "SHMMAX", "SEMMNS", "SEMMSL"),
    ),
    "no System V queue to be had": (
        partial(_full_table, "msgmni", "2", "msgget"),
        ("msgmni", "MSGMNI"),
    ),
    "no System V semaphore to be had": (
        partial(_full_table, "sem", "32000 64000 500 2", "semget", 1),
        ("sem", "SEMMNI"),
    ),
    "no System V segment to be had": (
        partial(_full_table, "shmmni", "2", "shmget", 1),
        ("shmmni", "SHMMNI"),
    ),
}


def queues(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run when a limit of the system on queues, semaphores or segments is reached."""
    for case, (enter, names) in LIMITS.items():
        in_caller(log, case, partial(_in_queues, module, n, workers, case, enter, names))


def _in_queues(
    module: ModuleType,
    n: int,
    workers: int,
    case: str,
    enter: Callable[[], None],
    names: tuple[str, ...],
    log: Log,
) -> None:
    module.run(n, workers)
    try:
        namespaces.leave(namespaces.NEWIPC)
        enter()
    except namespaces.Refused as refused:
        log("refused", case=case, reason=str(refused))
        return
    births = Births(log)
    before, had = resources.system_v(), resources.of_this_process()
    _called(module, log, births, n, workers, case=case, names=names)
    gc.collect()
    log("inside", new=resources.added(before, resources.system_v()) + resources.added_since(had))
