"""What exists: in this process, and in the system.

Each function returns an inventory, a set of `Resource`.  `added` compares two inventories.

POSIX queues can be listed only where /dev/mqueue is mounted, or can be mounted.  Elsewhere an
inventory has the bytes that the kernel charges for all queues of the user: a directory that
cannot be listed must not count as empty.
"""

import contextlib
import ctypes
import os
import resource
import signal
import stat
import sys
import time
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.system import processes
from tests.system.deadline import Deadline
from tests.system.objects import has_system_v_tables, kind_of, mount_queues, system_v_objects

# Seconds that a joined thread may take to end: join() returns a moment before that.
_THREAD_END = 1.0
_MOMENT = 0.02  # seconds between two looks at a thread that sleeps
_PAUSE = 0.001  # seconds between two looks: short beside _THREAD_END, and costs little CPU

_MAX_QUEUE_BYTES = 1 << 31  # where RLIMIT_MSGQUEUE has no limit: more than tests can use

POSIX_QUEUE = "POSIX queue"
SYSTEM_V = "System V"


class Resource(NamedTuple):
    """Something that exists.  In JSON it is a list of its fields.

    kind: what it is, such as "descriptor" or "fifo".
    place: of a file, the directory that it is in.
    size: of things that can only be measured together, their bytes.
    """

    kind: str
    name: str
    place: str = ""
    size: int | None = None

    def __str__(self) -> str:
        """Return it as the text of a failure."""
        where = f" in {self.place}:" if self.place else ""
        size = f": {self.size} bytes" if self.size is not None else ""
        return f"{self.kind}{where} {self.name}{size}"


Inventory = set[Resource]


def added(before: Inventory, after: Inventory) -> list[Resource]:
    """Return what is in *after* and not in *before*.

    Of what is measured, only more is new: another program may have removed a queue meanwhile.
    """
    sizes: dict[str, int] = {}
    for entry in before:
        if entry.size is not None:
            sizes[entry.kind] = max(entry.size, sizes.get(entry.kind, 0))
    return sorted(
        entry
        for entry in after - before
        if entry.size is None or entry.size > sizes.get(entry.kind, -1)
    )


def added_since(before: Inventory) -> list[Resource]:
    """Return what exists now and is not in *before*, which is an inventory of this process.

    A thread that was joined may not have ended yet: it is given _THREAD_END, unless it sleeps.
    """
    deadline = Deadline(_THREAD_END)
    while found := added(before, of_this_process()):
        threads = [each for each in found if each.kind == "thread"]
        if not threads or _sleep(threads) or deadline.is_over():
            break
        time.sleep(_PAUSE)
    return found


def _sleep(threads: Iterable[Resource]) -> bool:
    """Tell whether all of *threads* that have a number here sleep, and still do a moment later.

    One that ends may sleep for an instant: it waits for a lock then.
    """
    numbers = [int(each.name) for each in threads if each.name.isdigit()]
    states = {processes.state(tid, "/proc/self/task") for tid in numbers}
    time.sleep(_MOMENT)
    states |= {processes.state(tid, "/proc/self/task") for tid in numbers}
    return states == {"S"}


def of_this_process() -> Inventory:
    """Return the descriptors, children, threads, timers and shared mappings of this process."""
    names = {
        "descriptor": _descriptors(),
        "child": _children(),
        "thread": _threads() | tasks(),
        "timer": _timers(),
        "shared mapping": _mappings(),
    }
    return {Resource(kind, name) for kind, found in names.items() for name in found}


def blocks() -> int:
    """Return how many blocks of memory Python's own objects have; 0 where it does not say."""
    return getattr(sys, "getallocatedblocks", lambda: 0)()


def open_count() -> int:
    """Return how many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"))


def _threads() -> set[str]:
    """Return the names of Python's threads, without an import: a hook makes each fork dearer."""
    module = sys.modules.get("threading")
    return {thread.name for thread in module.enumerate()} if module else {"MainThread"}


def _descriptors() -> set[str]:
    found = set()
    place = "/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"
    for name in os.listdir(place):
        fd = int(name)
        try:
            info = os.fstat(fd)  # the descriptor of the listing itself is closed by now
        except OSError:
            continue
        target = stat.filemode(info.st_mode)
        with contextlib.suppress(OSError):
            target = os.readlink(f"{place}/{name}")
        found.add(f"{fd} -> {target}")
    return found


def _children() -> set[str]:
    """Return the children of this process, also those that have ended and were not reaped."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # reaps none
    except ChildProcessError:
        return set()
    # Where there is no /proc they cannot be listed: then there is one name for all.
    return {f"process {pid}" for pid in processes.children(os.getpid())} or {"a process"}


def tasks() -> set[str]:
    """Return the numbers of the threads of this process, as text; none where there is no /proc."""
    tasks = Path("/proc/self/task")
    return set(os.listdir(tasks)) if tasks.is_dir() else set()


def _timers() -> set[str]:
    timers = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")
    return {t for t in timers if signal.getitimer(getattr(signal, t)) != (0.0, 0.0)}


def _mappings() -> set[str]:
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        return {line for line in maps if line.split(None, 2)[1].endswith("s")}
    return set()


def of_the_system(*places: str) -> Inventory:
    """Return what the system has of this user: queues, segments, and the files in *places*."""
    return of_the_namespace().union(*map(files, places))


def files(place: str) -> Inventory:
    """Return the files of this user in the directory *place*, but not in those below it."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(place):
            with contextlib.suppress(OSError):
                info = entry.stat(follow_symlinks=False)
                if info.st_uid == os.getuid():
                    found.add(Resource(kind_of(info.st_mode), entry.name, place))
    return found


def of_the_namespace() -> Inventory:
    """Return what the IPC namespace of this process has: ipc_namespaces(7)."""
    return system_v() | posix_queues()


def system_v() -> Inventory:
    """Return the System V objects of all users."""
    if has_system_v_tables():
        return {Resource(SYSTEM_V, f"{found.kind} id {found.id}") for found in system_v_objects()}
    import subprocess  # noqa: PLC0415 - see tests.scenarios.preloaded

    listing = subprocess.run(["ipcs"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    # A row starts with the letter of its kind, the id and the key.
    rows = [line.split()[:3] for line in listing.splitlines() if line[:2] in ("q ", "s ", "m ")]
    return {Resource(SYSTEM_V, " ".join(row)) for row in rows}


def posix_queues() -> Inventory:
    """Return the POSIX queues of this user, or their bytes where they cannot be listed."""
    directory = _queue_directory()
    if directory is None:
        return {Resource(POSIX_QUEUE, "all of this user", size=queue_bytes())}
    found = set()
    for name in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(name, dir_fd=directory).st_uid == os.getuid():
                found.add(Resource(POSIX_QUEUE, f"/{name}"))
    return found


@cache
def _queue_directory() -> int | None:
    """Return a descriptor of the directory of POSIX queues, or None if it cannot be mounted.

    A child mounts it, as a mount needs a mount namespace that this process must not be in.  The
    descriptor is from /proc/PID/root of the child, and stays valid when the child has ended.
    """
    reader, writer = os.pipe()
    release, hold = os.pipe()
    with warnings.catch_warnings():
        # pytest-xdist has threads: Python 3.12 and later warn of a fork then, and 3.15 raises what
        # is to be an error.  The child uses no thread.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            os.close(hold)
            os.write(writer, os.fsencode(mount_queues() or ""))
            os.close(writer)
            os.read(release, 1)
        finally:
            os._exit(0)
    os.close(writer)
    os.close(release)
    place = os.read(reader, 4096)
    os.close(reader)
    try:
        if not place:
            return None
        directory = os.open(f"/proc/{pid}/root{os.fsdecode(place)}", os.O_RDONLY)
        if place != b"/dev/mqueue":
            os.rmdir(place)
        return directory
    except OSError:
        return None
    finally:
        os.close(hold)
        os.waitpid(pid, 0)


def queue_bytes() -> int:
    """Return the bytes of all POSIX queues of this user, and of one more, small queue.

    The kernel charges each queue to its maker until the last descriptor and the name are gone.
    A new queue can be made only if all charges stay within the soft limit RLIMIT_MSGQUEUE
    (getrlimit(2), mq_overview(7)).  So bisection over that limit finds the charge to the byte,
    without /dev/mqueue and without the names.
    """
    if not hasattr(resource, "RLIMIT_MSGQUEUE"):
        return 0  # macOS has no such limit, and no such queues
    if (library := _queue_library()) is None:
        return 0  # this system has no queues
    soft, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)

    most = _MAX_QUEUE_BYTES if hard == resource.RLIM_INFINITY else hard
    least, beyond = 0, most + 1
    try:
        while least < beyond:
            middle = (least + beyond) // 2
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, (middle, hard))
            if _can_make_queue(library):
                beyond = middle
            else:
                least = middle + 1
    finally:
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (soft, hard))
    return least


@cache
def _queue_library() -> ctypes.CDLL | None:
    """Return the C library with mq_open(3), which was in librt before glibc 2.34; None: no queues.

    posix_ipc may be missing where what is under test makes queues without it.
    """
    for name in (None, "librt.so.1"):
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(name)
            if hasattr(library, "mq_open"):
                return library
    return None


def _can_make_queue(library: ctypes.CDLL) -> bool:
    """Make the smallest queue, and remove it; tell whether the system allowed it."""
    name = b"/ipc-probe-" + os.urandom(8).hex().encode()
    attributes = (ctypes.c_long * 8)(0, 1, 1)  # mq_maxmsg and mq_msgsize are 1: mq_getattr(3)
    flags, mode = os.O_RDWR | os.O_CREAT | os.O_EXCL, ctypes.c_uint(0o600)
    descriptor = library.mq_open(name, flags, mode, attributes)
    if descriptor == -1:
        return False
    os.close(descriptor)
    library.mq_unlink(name)
    return True
