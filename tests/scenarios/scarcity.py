"""Callers that are short of something: descriptors, room, queues.  Nothing here is simulated.

What the whole machine has is made scarce in namespaces of the caller's own, namespaces(7): a
file system of 16 KiB over a directory, a table of queues that is full.  An ordinary user gets
them by a user namespace, where the system lets him.
"""

import contextlib
import ctypes
import errno
import gc
import os
import resource
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

from tests.scenarios import Log
from tests.scenarios.faults import in_caller
from tests.system import namespaces, resources

_PAGES = 4
_INODES = 8

_CREATE = 0o3600  # IPC_CREAT | IPC_EXCL and the mode 0600, <sys/ipc.h>
_SYS_RESOURCE = 24  # <linux/capability.h>

_ENOUGH = 3  # runs in a row that are well end a search for the least that is enough


def _unprivileged() -> None:
    """Give up CAP_SYS_RESOURCE, which lifts limits on queues: capabilities(7), mq_overview(7)."""
    head = struct.pack("=Ii", 0x2008_0522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    data = ctypes.create_string_buffer(24)
    namespaces.call("capget", head, data)
    words = list(struct.unpack("=6I", data.raw))
    words[0] &= ~(1 << _SYS_RESOURCE)
    words[1] &= ~(1 << _SYS_RESOURCE)
    namespaces.call("capset", head, struct.pack("=6I", *words))


def _limited(name: int, soft: int) -> Callable[[], object]:
    """Set the soft limit *name*; return what sets it back."""
    before = resource.getrlimit(name)
    resource.setrlimit(name, (soft, before[1]))
    return partial(resource.setrlimit, name, before)


def _until_enough(
    module: ModuleType, log: Log, name: int, limits: Iterator[int], n: int, workers: int, case: str
) -> None:
    """Run under growing limits, until several runs in a row have a result."""
    before = resources.of_this_process()
    well = 0
    for limit in limits:
        lift = _limited(name, limit)
        outcome = log.call(module.run, n, workers, case=f"{case} {limit}")
        lift()
        well = 0 if "error" in outcome else well + 1
        if well == _ENOUGH:
            break
    gc.collect()
    log("inside", new=resources.added_since(before))


def descriptors(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with room for no more descriptors, for one, for two… until there is enough."""
    module.run(n, workers)
    last = max(map(int, os.listdir("/dev/fd")))
    fillers = [os.open(os.devnull, os.O_RDONLY)]
    while fillers[-1] < last:  # a limit counts from 0: what is free below it would be used first
        fillers.append(os.dup(fillers[-1]))
    least = fillers[-1] + 1
    limits = iter(range(least, least + 40 * (workers + 2)))
    _until_enough(module, log, resource.RLIMIT_NOFILE, limits, n, workers, "RLIMIT_NOFILE")
    for filler in fillers:
        os.close(filler)


def file_size(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with files of no more than a few bytes: what is written is cut, then refused."""
    module.run(n, workers)
    sizes = iter([*range(72), 128, 512, 4096, 65536, 1 << 20])
    _until_enough(module, log, resource.RLIMIT_FSIZE, sizes, n, workers, "RLIMIT_FSIZE")


def full(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with /dev/shm, and the temporary directory, of 16 KiB, full but for some pages."""
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
        options = f"size={_PAGES * 4096},nr_inodes={_INODES + 2},mode=1777"
        namespaces.mount("tmpfs", place, options)
    except namespaces.Refused as refused:
        log("refused", case=case, reason=str(refused))
        return
    fill(place, free)
    before, had = resources.files(place), resources.of_this_process()
    log.call(module.run, n, workers, case=case)
    gc.collect()
    after = resources.files(place)
    log("inside", new=resources.added(before, after) + resources.added_since(had))
    namespaces.unmount(place)  # for what the exit of a caller tidies up


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
    _unprivileged()


def _full_table(function: str, *args: int) -> None:
    make = getattr(ctypes.CDLL(None, use_errno=True), function)
    # Some 30000 at 2 us each; they go with the namespace.
    while make(0, *args, _CREATE) >= 0:
        pass
    if (code := ctypes.get_errno()) != errno.ENOSPC:
        raise namespaces.Refused(f"{function}: {os.strerror(code)}")


# What is short, how it is made so, and what an error has to name: the limit, as its man page
# calls it, or its file in /proc/sys.
LIMITS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "no bytes for POSIX queues": (_no_bytes_for_queues, ("RLIMIT_MSGQUEUE",)),
    "no POSIX queue to be had": (partial(_write, "queues_max", 0), ("queues_max",)),
    "one message in a POSIX queue": (partial(_write, "msg_max", 1), ("msg_max",)),
    "no System V queue to be had": (partial(_full_table, "msgget"), ("msgmni", "MSGMNI")),
    "no System V semaphore to be had": (partial(_full_table, "semget", 1), ("sem", "SEMMNI")),
    "no System V segment to be had": (partial(_full_table, "shmget", 1), ("shmmni", "SHMMNI")),
}


def queues(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run where the limits of the system on queues, semaphores and segments are reached."""
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
    before, had = resources.system_v(), resources.of_this_process()
    log.call(module.run, n, workers, case=case, names=names)
    gc.collect()
    log("inside", new=resources.added(before, resources.system_v()) + resources.added_since(had))
